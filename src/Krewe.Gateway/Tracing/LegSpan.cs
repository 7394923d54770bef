using System.Diagnostics;
using Krewe.Core.Load;
using Krewe.Core.Protocols;
using Krewe.Core.Requests;
using Krewe.Gateway.Serving;

namespace Krewe.Gateway.Tracing;

/// <summary>The span of one leg of an attempt, as the engine's client: which life of which instance, and how it ended.</summary>
internal readonly struct LegSpan : IDisposable
{
    private readonly Activity? _activity;
    private readonly TraceHeaders _otherwise;

    private LegSpan(Activity? activity, TraceHeaders otherwise)
    {
        _activity = activity;
        _otherwise = otherwise;
    }

    /// <summary>What the engine is told.</summary>
    public TraceHeaders PassedOn => RequestSpan.Of(_activity, _otherwise);

    public static LegSpan Start(InferenceCall call, int attempt, LegKind leg, InstanceBinding on)
    {
        var passedOn = call.Span.PassedOn;
        if (!KreweTraces.Source.HasListeners() || call.Span.Context == default)
        {
            return new LegSpan(null, passedOn);
        }

        var kind = leg switch
        {
            LegKind.Prefill => "prefill",
            LegKind.Decode => "decode",
            _ => "whole",
        };
        var activity = KreweTraces.Source.StartActivity(
            ActivityKind.Client,
            call.Span.Context,
            [
                new("gen_ai.operation.name", call.Body.Endpoint.Operation().MetricTag()),
                new("gen_ai.provider.name", on.Protocol.WireName()),
                new("gen_ai.request.model", call.Body.Model),
                new("server.address", on.Url.Host),
                new("server.port", on.Url.Port),
                new("krewe.pool", on.Instance.Pool.Value),
                new("krewe.instance", on.Instance.Name.Value),
                new("krewe.epoch", on.Epoch.Value),
                new("krewe.incarnation", on.Incarnation.Value),
                new("krewe.attempt", attempt),
                new("krewe.leg", kind),
            ],
            name: $"{kind} {on.Instance.Name.Value}");
        return new LegSpan(activity, passedOn);
    }

    /// <summary>Notes how the leg ended, and gives that back.</summary>
    public AttemptResult Ended(AttemptResult result)
    {
        if (_activity is { IsAllDataRequested: true } activity && !result.IsCompleted)
        {
            activity.SetTag("error.type", result.Cause.MetricTag());
            activity.SetStatus(ActivityStatusCode.Error);
        }

        return result;
    }

    public void Dispose() => _activity?.Dispose();
}
