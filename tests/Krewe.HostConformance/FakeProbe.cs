using System.Collections.Concurrent;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Ports;

namespace Krewe.HostConformance;

/// <summary>Engines whose health the test decides, by address. Healthy unless told otherwise. Answers at once, from any thread.</summary>
/// <remarks>
/// A host calls it inside a turn of the instance's actor, up to the first <c>await</c>. So two such calls for one instance
/// at the same time are two turns at the same time: <see cref="Overlaps"/> counts them.
/// </remarks>
public sealed class FakeProbe : IEngineProbe
{
    private const ProbeResult Broken = (ProbeResult)(-1);

    private readonly ConcurrentDictionary<Uri, Engine> _engines = new();
    private int _overlaps;

    /// <summary>How often two calls for the same address ran at the same time.</summary>
    public int Overlaps => Volatile.Read(ref _overlaps);

    /// <summary>From now on this engine answers so.</summary>
    public void Set(Uri url, ProbeResult result) => Of(url).Result = result;

    /// <summary>From now on the probe of this engine throws, which no probe should.</summary>
    public void Break(Uri url) => Of(url).Result = Broken;

    /// <summary>How often this engine was asked.</summary>
    public int Asked(Uri url) => Volatile.Read(ref Of(url).Asked);

    public Task<ProbeResult> ProbeAsync(PoolName pool, Uri url, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var engine = Of(url);
        if (Interlocked.Increment(ref engine.Inside) > 1)
        {
            Interlocked.Increment(ref _overlaps);
        }

        // Long enough for another thread to come in, if it can.
        Thread.SpinWait(200);
        Interlocked.Increment(ref engine.Asked);
        Interlocked.Decrement(ref engine.Inside);
        return engine.Result == Broken ? throw new InvalidOperationException("The probe is broken.") : Task.FromResult(engine.Result);
    }

    private Engine Of(Uri url) => _engines.GetOrAdd(url, static _ => new Engine());

    private sealed class Engine
    {
        public int Asked;
        public int Inside;

        public volatile ProbeResult Result = ProbeResult.Ok;
    }
}
