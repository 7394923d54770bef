using Krewe.Core.Time;

namespace Krewe.Bench.Replay;

/// <summary>Counts and times of one run.</summary>
internal sealed class ReplayTally
{
    private readonly List<float> _ttft = [];
    private readonly List<float> _itl = [];
    private readonly List<float> _e2e = [];
    private long _promptTokens;
    private long _cachedTokens;
    private int _within;

    public int Queued { get; set; }

    public void OnPrompt(ReplayRequest request, ReplayInstance instance, int cached)
    {
        _promptTokens += request.Traced.InputTokens;
        _cachedTokens += cached;
        instance.Computed += request.Traced.InputTokens - cached;
    }

    public void OnToken(ReplayRequest request, Monotonic now)
    {
        if (request.FirstTokenAt == default)
        {
            request.FirstTokenAt = now;
            _ttft.Add((float)(now - request.ArrivedAt).TotalMilliseconds);
        }
        else
        {
            _itl.Add((float)(now - request.LastTokenAt).TotalMilliseconds);
        }

        request.LastTokenAt = now;
    }

    public void OnEnd(ReplayRequest request, ReplayOptions options)
    {
        var ended = request.LastTokenAt;
        _e2e.Add((float)(ended - request.ArrivedAt).TotalMilliseconds);
        var between = request.Traced.OutputTokens > 1 ? (ended - request.FirstTokenAt) / (request.Traced.OutputTokens - 1) : TimeSpan.Zero;
        _within += request.FirstTokenAt - request.ArrivedAt <= options.TtftSlo && between <= options.ItlSlo ? 1 : 0;
    }

    public ReplayOutcome Outcome(string policy, ReplayOptions options, IEnumerable<ReplayInstance> instances, IEnumerable<ReplaySilo> silos, SkewMeter? skew, TimeSpan took)
    {
        var computed = instances.Take(options.PromptInstances + options.Decode).Where(instance => !instance.Id.Name.Value.StartsWith('d')).Select(instance => (double)instance.Computed).ToArray();
        var total = Math.Max(1, computed.Sum());
        var result = new ReplayReport.PolicyResult(
            policy,
            options.Silos,
            (double)_cachedTokens / Math.Max(1, _promptTokens),
            0,
            ReplayReport.Spread.Of(_ttft),
            ReplayReport.Spread.Of(_itl),
            ReplayReport.Spread.Of(_e2e),
            _within / took.TotalSeconds,
            (double)_within / Math.Max(1, _e2e.Count),
            Queued,
            computed.Max() * computed.Length / total,
            ReplayReport.Spread.Of([.. silos.SelectMany(silo => silo.DecisionUs)]));
        return new ReplayOutcome(result, [.. computed.Select(tokens => tokens / total)], skew);
    }
}
