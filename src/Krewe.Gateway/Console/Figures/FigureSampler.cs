using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Fleet.View;
using Krewe.Gateway.Metrics;

namespace Krewe.Gateway.Console.Figures;

/// <summary>Reads this silo's own counters once a second, whether anybody looks or not, so that whoever opens the console sees the last minutes at once.</summary>
internal sealed class FigureSampler : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly HashSet<string> FailureTags =
        [.. Enum.GetValues<RequestOutcome>().Where(outcome => outcome.Description().HttpStatus is >= 500 or 429).Select(outcome => outcome.MetricTag())];

    private readonly Lock _gate = new();
    private readonly FleetView _view;
    private readonly PrometheusExposition _metrics;
    private readonly Dictionary<PoolName, PoolTrack> _tracks = [];
    private readonly ITimer _timer;

    /// <param name="view">Whose pools.</param>
    /// <param name="metrics">Where the counters are.</param>
    /// <param name="time">The clock.</param>
    public FigureSampler(FleetView view, PrometheusExposition metrics, TimeProvider time)
    {
        _view = view;
        _metrics = metrics;
        _timer = time.CreateTimer(static self => ((FigureSampler)self!).Sample(), this, Interval, Interval);
    }

    /// <summary>Null before the pool's first sample.</summary>
    public PoolFigures? Latest(PoolName pool)
    {
        lock (_gate)
        {
            return _tracks.TryGetValue(pool, out var track) ? track.Latest : null;
        }
    }

    public void Dispose() => _timer.Dispose();

    internal void Sample()
    {
        // A round that is late lets the next one pass.
        if (!_gate.TryEnter())
        {
            return;
        }

        try
        {
            var requests = ByPool("krewe_requests_total");
            var tokens = ByPool("krewe_tokens_total");
            var retries = ByPool("krewe_retries_total");
            var firstTokens = ByPool("gen_ai_server_time_to_first_token_seconds");
            var outputTokens = ByPool("gen_ai_server_time_per_output_token_seconds");
            foreach (var slot in _view.Pools)
            {
                if (slot.Definition is null)
                {
                    continue;
                }

                if (!_tracks.TryGetValue(slot.Name, out var track))
                {
                    _tracks.Add(slot.Name, track = new PoolTrack());
                }

                var pool = slot.Name.Value;
                track.Add(
                    new PoolTrack.Sample(
                        Sum(requests[pool]),
                        Sum(requests[pool].Where(series => FailureTags.Contains(PrometheusLabels.Value(series.Labels, "outcome") ?? ""))),
                        Sum(tokens[pool]),
                        Sum(retries[pool].Where(series => PrometheusLabels.Value(series.Labels, "kind") == "failover"))),
                    Buckets.Of(firstTokens[pool]),
                    Buckets.Of(outputTokens[pool]));
            }
        }
        finally
        {
            _gate.Exit();
        }
    }

    private static long Sum(IEnumerable<Series> all) => (long)all.OfType<SumSeries>().Sum(series => series.Value);

    private ILookup<string, Series> ByPool(string metric) =>
        _metrics.Find(metric).ToLookup(series => PrometheusLabels.Value(series.Labels, "pool") ?? "", StringComparer.Ordinal);
}
