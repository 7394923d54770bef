using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Tracing;

/// <summary>A W3C trace context as it came: well-formed, or not there.</summary>
/// <param name="Parent"><c>traceparent</c>; null where there is none that can be read.</param>
/// <param name="State"><c>tracestate</c>; null without a parent.</param>
internal readonly record struct TraceHeaders(string? Parent, string? State)
{
    private const int LongestState = 512;

    /// <summary>What cannot be read is passed over, as the specification asks: a request never fails for it.</summary>
    public static TraceHeaders Read(IHeaderDictionary headers)
    {
        if (headers.TraceParent is not [{ } parent] || !ActivityContext.TryParse(parent, null, out _))
        {
            return default;
        }

        var state = headers.TraceState.Count == 0 ? null : headers.TraceState.ToString();
        return new TraceHeaders(parent, state is { Length: <= LongestState } && !state.AsSpan().ContainsAnyExceptInRange(' ', '~') ? state : null);
    }

    /// <summary>The client's span, to which ours belong; default where there is none.</summary>
    public ActivityContext ToContext() =>
        Parent is not null && ActivityContext.TryParse(Parent, State, isRemote: true, out var context) ? context : default;
}
