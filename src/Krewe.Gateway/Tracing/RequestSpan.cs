using System.Diagnostics;
using Krewe.Core.Requests;
using Krewe.Engines.Streams;

namespace Krewe.Gateway.Tracing;

/// <summary>The span of one request, as a server; and what its legs pass on to engines. Nothing of what was said is in it.</summary>
internal readonly struct RequestSpan : IDisposable
{
    private readonly Activity? _activity;
    private readonly TraceHeaders _client;

    private RequestSpan(Activity? activity, TraceHeaders client)
    {
        _activity = activity;
        _client = client;
    }

    /// <summary>What an engine is told: our span, or where there is none the client's.</summary>
    public TraceHeaders PassedOn => Of(_activity, _client);

    /// <summary>Where legs belong; default where nobody listens.</summary>
    public ActivityContext Context => _activity?.Context ?? default;

    public static RequestSpan Start(TraceHeaders client, RequestOperation operation, string model, string pool, string requestId)
    {
        if (!KreweTraces.Source.HasListeners())
        {
            return new RequestSpan(null, client);
        }

        var name = operation.MetricTag();
        var activity = KreweTraces.Source.StartActivity(
            ActivityKind.Server,
            client.ToContext(),
            [
                new("gen_ai.operation.name", name),
                new("gen_ai.provider.name", KreweTraces.Provider),
                new("gen_ai.request.model", model),
                new("krewe.pool", pool),
                new("krewe.request.id", requestId),
            ],
            name: $"{name} {model}");
        return new RequestSpan(activity, client);
    }

    public static TraceHeaders Of(Activity? activity, TraceHeaders otherwise) =>
        activity is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? new TraceHeaders(id, activity.TraceStateString) : otherwise;

    /// <summary>The first token was sent.</summary>
    public void FirstToken() => _activity?.AddEvent(new ActivityEvent("first_token"));

    /// <param name="outcome">How it ended.</param>
    /// <param name="tally">What was delivered.</param>
    /// <param name="attempts">Attempts that it took.</param>
    public void End(RequestOutcome outcome, StreamTally tally, int attempts)
    {
        if (_activity is not { IsAllDataRequested: true } activity)
        {
            return;
        }

        activity.SetTag("krewe.outcome", outcome.MetricTag());
        activity.SetTag("krewe.attempts", attempts);
        if (tally.PromptTokens >= 0)
        {
            activity.SetTag("gen_ai.usage.input_tokens", tally.PromptTokens);
        }

        if (tally.CompletionTokens > 0)
        {
            activity.SetTag("gen_ai.usage.output_tokens", tally.CompletionTokens);
        }

        if (outcome != RequestOutcome.Completed)
        {
            activity.SetTag("error.type", outcome.MetricTag());
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }

    public void Dispose() => _activity?.Dispose();
}
