using System.Globalization;
using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Tests.Instances;
using Krewe.Testing;

namespace Krewe.Core.Tests.Documents;

/// <summary>The tables and the diagram of an instance's life in src/README.md are what <see cref="InstanceLifecycle"/> does.</summary>
public sealed class InstanceTableTests
{
    private const string Document = "src/README.md";
    private const string Dead = "Suspect (dead)";
    private const string Silent = "Suspect (silent)";

    [Fact]
    public void Liveness_is_told_as_it_is()
    {
        var table = new StateTable("Removed", "Joining", "Active", "LeaseLost", Silent, Dead);
        Add("registers, a new incarnation", "new life", life => life.Register("b"), life => life.Sleep(1001));
        Add("the same, incumbent heard < 1 s ago", "", life => life.Register("b"), life => life.Tokens(), except: ["Removed"]);
        Add("registers again", "registers again", life => life.Register("a"));
        Add("registers again at another address", "moved", life => life.Register("a", port: 9002));
        Add("heartbeat", "heartbeat", life => life.Heartbeat("a"));
        Add("heartbeat, engine not seen for 2 s", "", life => life.Heartbeat("a", engineSeenMs: 2000));
        Add("tokens", "", life => life.Tokens());
        Add("an attempt's connection failed", "", life => life.Apply(new InstanceEvent.ConnectionFailed(life.State.Epoch)));
        Add("probe: ok", "probe ok", life => life.Probe(ProbeResult.Ok), ToProbe, except: ["Removed"]);
        Add("probe: error or no answer", "", life => life.Probe(ProbeResult.TimedOut), ToProbe, except: ["Removed"]);
        Add("probe: refused", "refused", life => life.Probe(ProbeResult.Refused), ToProbe, except: ["Removed"]);
        Add("deleted", "", life => life.Delete("a"));
        Add("deleted, then probe ok", "deleted", life => life.Probe(ProbeResult.Ok), life => life.Delete("a"), except: ["Removed"]);
        Add("deleted, then no answer", "deleted and silent", life => life.Probe(ProbeResult.TimedOut), life => life.Delete("a"), except: ["Removed"]);
        Add("nothing is heard any more", "silence", life => Wait(life, null), isTime: true, except: ["Removed"]);
        Add("nothing but good probes", "no lease", life => Wait(life, ProbeResult.Ok), isTime: true, except: ["Removed", Silent, Dead, "Joining"]);
        Add("nothing is heard, pool frozen", "pool frozen", Freeze, isTime: true, except: ["Removed", "Joining", Dead]);
        Add("drained: last reservation ends", "drained", life => Drain(life, isEmptied: true), except: ["Removed"]);
        Add("drained: deadline comes", "drained", life => Drain(life, isEmptied: false), except: ["Removed"]);
        Add("its silo starts again", "restored", Restore);

        DocumentBlock.Check(Document, "liveness", table.Table("What happens"));
        DocumentBlock.Check(Document, "liveness diagram", table.Diagram("Removed", state => state.Split(' ')[0]));

        void Add(string text, string label, Action<LifeDriver> happens, Action<LifeDriver>? before = null, bool isTime = false, string[]? except = null) =>
            table.Event(text, label, state => except?.Contains(state) == true ? null : After(state, before, happens, isTime));
    }

    [Fact]
    public void Admin_is_told_as_it_is()
    {
        var table = new StateTable("Open", "Cordoned", "Draining", "Drained");
        Add("cordon", life => life.Apply(new InstanceEvent.CordonReceived()));
        Add("uncordon", life => life.Apply(new InstanceEvent.UncordonReceived()));
        Add("drain", life => life.Drain(30_000));
        Add("drain, nothing reserved", life => life.Drain(30_000, isEmpty: true));
        Add("last reservation ends", life => life.Apply(new InstanceEvent.ReservationsEmptied(life.State.Epoch)));
        Add("drain's deadline comes", life => life.Pass(30_000, ProbeResult.Ok), only: nameof(AdminState.Draining));
        Add("heartbeat", life => life.Heartbeat("a"));
        Add("registers again", life => life.Register("a"));
        Add("a new incarnation registers", life =>
        {
            life.Sleep(1001);
            life.Register("b");
        });
        DocumentBlock.Check(Document, "admin", table.Table("What happens"));

        void Add(string text, Action<LifeDriver> happens, string? only = null) => table.Event(text, text, state =>
        {
            if (only is not null && state != only)
            {
                return null;
            }

            var life = InAdmin(state);
            happens(life);
            var after = life.State.Admin.ToString();
            return new StateTable.Outcome(
                after != state ? after : life.Verdict switch
                {
                    InstanceVerdict.Drained => "told so",
                    InstanceVerdict.UnknownInstance => "unknown_instance",
                    _ => "–",
                },
                after);
        });
    }

    [Fact]
    public void The_breaker_is_told_as_it_is()
    {
        var table = new StateTable(nameof(BreakerState.Closed), nameof(BreakerState.Open), nameof(BreakerState.HalfOpen));
        Add("an attempt succeeded", life => life.Finish(AttemptVerdict.Succeeded));
        Add("an attempt failed", life => life.Finish(AttemptVerdict.Failed));
        Add("five failed in a row", life => Repeat(5, () => life.Finish(AttemptVerdict.Failed)));
        Add("4xx, back-pressure, client gone", life =>
        {
            life.Finish(AttemptVerdict.Neutral);
            life.Finish(AttemptVerdict.BackPressure);
            life.Finish(AttemptVerdict.Cancelled);
        });
        Add("its time is over (5 s, then twice as long)", life => life.Pass(10_000, ProbeResult.Ok));
        Add("heartbeat", life => life.Heartbeat("a"));
        Add("a new epoch", life => life.Register("a", port: 9002));
        DocumentBlock.Check(Document, "breaker", table.Table("What happens"));

        void Add(string text, Action<LifeDriver> happens) => table.Event(text, text, state =>
        {
            var life = InBreaker(state);
            happens(life);
            var after = life.State.Breaker.ToString();
            return new StateTable.Outcome(after != state ? after : "–", after);
        });
    }

    private static StateTable.Outcome After(string state, Action<LifeDriver>? first, Action<LifeDriver> happens, bool isTime)
    {
        var life = InState(state);
        first?.Invoke(life);
        Assert.Equal(state, NameOf(life.State));
        var (before, at, effects) = (life.State, life.Now, life.AllEffects.Count);
        happens(life);
        var to = NameOf(life.State);
        var notes = new List<string>();
        if (life.State.Epoch != before.Epoch)
        {
            notes.Add("epoch + 1");
        }

        var moved = to != state || life.State.Epoch != before.Epoch;
        if (isTime && moved)
        {
            notes.Add($"after {(life.Now - at).TotalSeconds.ToString("0.##", CultureInfo.InvariantCulture)} s");
        }

        var since = life.AllEffects.Skip(effects).ToList();
        if (!moved && !isTime && since.OfType<InstanceEffect.StartProbe>().Any())
        {
            notes.Add("probe at once");
        }

        if (since.OfType<InstanceEffect.EpochLost>().Any())
        {
            notes.Add("attempts go");
        }
        else if (since.OfType<InstanceEffect.SilentAttemptsOnly>().Any())
        {
            notes.Add("silent attempts go");
        }

        var detail = notes.Count == 0 ? "" : string.Join(", ", notes);
        return new StateTable.Outcome(moved ? detail.Length == 0 ? to : $"{to}: {detail}" : isTime ? "stays" : detail.Length == 0 ? Unchanged(before, life) : detail, to);
    }

    private static string Unchanged(InstanceState before, LifeDriver life) => life.Verdict switch
    {
        InstanceVerdict.NameInUse => "name_in_use",
        InstanceVerdict.UnknownInstance => "unknown_instance",
        InstanceVerdict.StaleIncarnation => "stale_incarnation",
        _ => ReferenceEquals(before, life.State) || life.State is { Liveness: Liveness.Removed } ? "–"
            : life.State.LeaseUntil > before.LeaseUntil ? "lease"
            : life.State.HeardAt > before.HeardAt ? "heard"
            : "noted",
    };

    private static string NameOf(InstanceState state) => state switch
    {
        { Liveness: Liveness.Suspect, SuspectEvidence: EvidenceKind.Dead } => Dead,
        { Liveness: Liveness.Suspect } => Silent,
        _ => state.Liveness.ToString(),
    };

    private static LifeDriver InState(string state)
    {
        var life = state switch
        {
            "Joining" => new LifeDriver(),
            "Active" => LifeDriver.Active(),
            "LeaseLost" => LifeDriver.LeaseLost(),
            Silent => LifeDriver.SuspectSilent(),
            _ => LifeDriver.SuspectDead(),
        };
        switch (state)
        {
            case "Joining":
                life.Register("a");
                break;
            case "LeaseLost":
                // Heard a moment ago, by the probe that began with the lease's end.
                life.Probe(ProbeResult.Ok);
                break;
            case "Removed":
                ToProbe(life);
                life.Probe(ProbeResult.Refused);
                break;
        }

        Assert.Equal(state, NameOf(life.State));

        // Each event a little after what led there, so that what is heard anew differs.
        life.Sleep(1);
        return life;
    }

    private static LifeDriver InAdmin(string state)
    {
        var life = LifeDriver.Active();
        if (state == nameof(AdminState.Cordoned))
        {
            life.Apply(new InstanceEvent.CordonReceived());
        }
        else if (state != nameof(AdminState.Open))
        {
            life.Drain(30_000, isEmpty: state == nameof(AdminState.Drained));
        }

        Assert.Equal(state, life.State.Admin.ToString());
        return life;
    }

    private static LifeDriver InBreaker(string state)
    {
        var life = LifeDriver.Active();
        if (state != nameof(BreakerState.Closed))
        {
            Repeat(5, () => life.Finish(AttemptVerdict.Failed));
        }

        if (state == nameof(BreakerState.HalfOpen))
        {
            life.Pass(5_000, ProbeResult.Ok);
        }

        Assert.Equal(state, life.State.Breaker.ToString());
        return life;
    }

    /// <summary>Until a probe is under way.</summary>
    private static void ToProbe(LifeDriver life)
    {
        while (life.State.Probe is null)
        {
            ToNextWake(life);
        }
    }

    /// <summary>Until it has moved, or six minutes have passed.</summary>
    private static void Wait(LifeDriver life, ProbeResult? answer)
    {
        var (liveness, until) = (life.State.Liveness, life.Now + TimeSpan.FromMinutes(6));
        while (life.State.Liveness == liveness && life.Now < until && InstanceLifecycle.NextWake(life.State, life.Options) is not null)
        {
            if (answer is { } result && life.State.Probe is not null)
            {
                life.Probe(result);
            }
            else
            {
                ToNextWake(life);
            }
        }
    }

    private static void Freeze(LifeDriver life)
    {
        life.IsFrozen = true;
        var (liveness, until) = (life.State.Liveness, life.Now + TimeSpan.FromSeconds(30));
        while (life.State.Liveness == liveness && life.Now < until)
        {
            ToNextWake(life);
        }
    }

    private static void ToNextWake(LifeDriver life)
    {
        var left = InstanceLifecycle.NextWake(life.State, life.Options)!.Value - life.Now;
        life.Pass((int)Math.Ceiling(Math.Max(0, left.TotalMilliseconds)));
    }

    private static void Drain(LifeDriver life, bool isEmptied)
    {
        // Short, so that nothing else becomes due before.
        life.Drain(50);
        if (isEmptied && life.State.Liveness != Liveness.Removed)
        {
            life.Apply(new InstanceEvent.ReservationsEmptied(life.State.Epoch));
        }
        else
        {
            life.Pass(50);
        }
    }

    private static void Restore(LifeDriver life) => life.Restart();

    private static void Repeat(int times, Action action)
    {
        for (var i = 0; i < times; i++)
        {
            action();
        }
    }
}
