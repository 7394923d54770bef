using Krewe.Simulation.Running;

namespace Krewe.Simulation.Checks;

/// <summary>When each instance was last seen alive by what reached its actor: the truth that its state is measured against.</summary>
internal sealed class Evidence(SimulationClock clock)
{
    private readonly Dictionary<string, TimeSpan> _seen = [];
    private readonly Dictionary<string, TimeSpan> _maybe = [];
    private readonly Dictionary<string, TimeSpan> _renewed = [];

    /// <summary>A sign of life arrived that was so old already.</summary>
    public void Seen(string name, TimeSpan ago = default)
    {
        var at = clock.Elapsed - ago;
        _seen[name] = _seen.TryGetValue(name, out var last) && last > at ? last : at;
    }

    /// <summary>What renews a lease arrived, so old.</summary>
    public void Renewed(string name, TimeSpan ago = default)
    {
        Seen(name, ago);
        var at = clock.Elapsed - ago;
        _renewed[name] = _renewed.TryGetValue(name, out var last) && last > at ? last : at;
    }

    /// <summary>Something arrived that may turn out to be a sign of life.</summary>
    public void MayBeSeen(string name) => _maybe[name] = clock.Elapsed;

    /// <summary>How long ago it was last alive, for certain.</summary>
    public TimeSpan Silence(string name) => _seen.TryGetValue(name, out var at) ? clock.Elapsed - at : TimeSpan.MaxValue;

    /// <summary>How long ago its lease was last renewed; good probes and tokens renew none.</summary>
    public TimeSpan SinceRenewed(string name) => _renewed.TryGetValue(name, out var at) ? clock.Elapsed - at : TimeSpan.MaxValue;

    /// <summary>How long ago it may last have been alive: at most <see cref="Silence"/>.</summary>
    public TimeSpan LeastSilence(string name)
    {
        var certain = Silence(name);
        return _maybe.TryGetValue(name, out var at) && clock.Elapsed - at is var maybe && maybe < certain ? maybe : certain;
    }
}
