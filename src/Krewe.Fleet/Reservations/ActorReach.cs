using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Routing;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Journal;
using Krewe.Fleet.Telemetry;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Reservations;

/// <summary>
/// Which instances' actors do not answer this silo, and what the silo has bound without them (<see cref="BypassRule"/>).
/// Routing sees their last word with this silo's own counts. They are asked again twice a second, and told what is held
/// (<see cref="ReachProber"/>): once an actor answers, its word is all that counts. Safe for use from several threads.
/// </summary>
public sealed class ActorReach : IOwnCounts
{
    // As many as a ledger holds; what is forgotten beyond it expires there.
    private const int MaxReleases = 65_536;

    private readonly FleetView _view;
    private readonly EventLog _events;
    private readonly KreweInstruments _instruments;
    private readonly FleetOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<InstanceId, Entry> _entries = [];
    private volatile int _count;

    internal ActorReach(FleetView view, EventLog events, KreweInstruments instruments, FleetOptions options, TimeProvider time)
    {
        (_view, _events, _instruments, _options, _time) = (view, events, instruments, options, time);
        view.OwnCounts = this;
    }

    /// <summary>Every actor answers, and none is to be told anything.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Instances whose actors do not answer.</summary>
    public int Unreached => Count(static entry => entry.Books.Answers ? 0 : 1);

    /// <summary>Reservations that were taken without an actor, which has not taken them over.</summary>
    public int Untaken => Count(static entry => entry.Books.Untaken);

    /// <summary>Whether asking it now would be in vain, as far as is known.</summary>
    public bool IsUnreached(InstanceId instance)
    {
        if (_count == 0)
        {
            return false;
        }

        lock (_gate)
        {
            return _entries.TryGetValue(instance, out var entry) && !entry.Books.Answers;
        }
    }

    /// <summary>The actor's own last word, of which this is seen: without this silo's counts.</summary>
    public InstanceView Word(InstanceView seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        if (_count == 0)
        {
            return seen;
        }

        lock (_gate)
        {
            return _entries.TryGetValue(seen.Id, out var entry) && entry.Books.Word.Version == seen.Version ? entry.Books.Word : seen;
        }
    }

    /// <summary>What is best left out of routing while others have room.</summary>
    internal Exclusion[] Of(PoolName pool)
    {
        if (_count == 0)
        {
            return [];
        }

        lock (_gate)
        {
            return [.. _entries.Where(entry => entry.Key.Pool == pool && !entry.Value.Books.Answers).Select(entry => new Exclusion(entry.Key, entry.Value.Books.Word.Epoch))];
        }
    }

    /// <summary>An actor did not answer: a request is bound without it, if the rule allows. Null where it was not asked, and answers by now.</summary>
    /// <param name="routed">The instance as it was routed to.</param>
    /// <param name="leg">What is to be held.</param>
    /// <param name="tokens">Estimated prompt tokens.</param>
    /// <param name="cause">Why its actor is passed by.</param>
    /// <param name="own">Reservations that this silo's attempts hold there.</param>
    internal BypassVerdict? TryTake(InstanceView routed, AttemptLeg leg, long tokens, BypassCause cause, int own)
    {
        var now = _time.GetMonotonic();
        Entry? entry;
        BypassVerdict verdict;
        var isNews = false;
        lock (_gate)
        {
            if (!_entries.TryGetValue(routed.Id, out entry))
            {
                if (cause == BypassCause.Unreached)
                {
                    return null;
                }

                isNews = true;
                _entries.Add(routed.Id, entry = new Entry(new UnreachedInstance(routed, now)));
                _count = _entries.Count;
            }
            else if (cause != BypassCause.Unreached)
            {
                isNews = entry.Books.Answers;
                entry.Books.Lost(now);
            }
            else if (entry.Books.Answers)
            {
                return null;
            }

            verdict = entry.Books.TryTake(leg, tokens, routed.Epoch, now, _options.BypassLimit, own);
        }

        if (isNews)
        {
            Journal(entry.Books.Word, FleetEventWords.Reached, FleetEventWords.Unreached, cause.MetricTag());
        }

        Restate(entry.Books.Word);
        _instruments.OnBypass(routed.Id.Pool, cause, verdict);
        return verdict;
    }

    /// <summary>An attempt of this silo gives something back: its actor may not hear of it, and is told again when it answers.</summary>
    /// <param name="instance">Where.</param>
    /// <param name="release">What its actor is told.</param>
    /// <param name="tokens">What was held; null where it is not known that anything was.</param>
    internal void GivenBack(InstanceId instance, ReleaseCommand release, long? tokens)
    {
        if (_count == 0)
        {
            return;
        }

        InstanceView word;
        lock (_gate)
        {
            if (!_entries.TryGetValue(instance, out var entry))
            {
                return;
            }

            if (tokens is { } held)
            {
                entry.Books.GiveBack(release.Leg, release.Epoch, held);
            }

            word = entry.Books.Word;
            entry.Releases.Enqueue(release);
            if (entry.Releases.Count > MaxReleases)
            {
                entry.Releases.Dequeue();
            }
        }

        Restate(word);
        _view.Find(instance.Pool)?.Admission.Signal();
    }

    /// <summary>Those that are to be asked now, each with the releases that it may not have heard of. Each is answered by <see cref="Answered"/> or <see cref="NotAnswered"/>.</summary>
    internal IReadOnlyList<(InstanceView Word, ReleaseCommand[] Releases)> ToAsk()
    {
        if (_count == 0)
        {
            return [];
        }

        lock (_gate)
        {
            var asked = new List<(InstanceView, ReleaseCommand[])>();
            foreach (var entry in _entries.Values.Where(entry => !entry.IsAsked))
            {
                entry.IsAsked = true;
                asked.Add((entry.Books.Word, [.. entry.Releases]));
            }

            return asked;
        }
    }

    /// <summary>It was told that these legs are held and that these were given back.</summary>
    internal void Answered(InstanceId instance, IEnumerable<AttemptLeg> held, int releases)
    {
        Entry? entry;
        bool isNews;
        lock (_gate)
        {
            if (!_entries.TryGetValue(instance, out entry))
            {
                return;
            }

            entry.IsAsked = false;
            isNews = !entry.Books.Answers;
            entry.Books.TookOver(held);
            Heard(entry, releases);
            if (entry.Books.Untaken == 0 && entry.Releases.Count == 0)
            {
                _entries.Remove(instance);
                _count = _entries.Count;
            }
        }

        if (isNews)
        {
            Journal(entry.Books.Word, FleetEventWords.Unreached, FleetEventWords.Reached, FleetEventWords.Answered);
        }

        Restate(entry.Books.Word);
        _view.Find(instance.Pool)?.Admission.Signal();
    }

    /// <summary>It still does not answer, or not for long: so many releases were heard. Where many are to be told and calls are lost, all are never heard in one go.</summary>
    internal void NotAnswered(InstanceId instance, int releases)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(instance, out var entry))
            {
                entry.IsAsked = false;
                Heard(entry, releases);
                entry.Books.Lost(_time.GetMonotonic());
            }
        }
    }

    private static void Heard(Entry entry, int releases)
    {
        for (; releases > 0 && entry.Releases.Count > 0; releases--)
        {
            entry.Releases.Dequeue();
        }
    }

    InstanceView IOwnCounts.OnWord(InstanceView word)
    {
        if (_count == 0)
        {
            return word;
        }

        lock (_gate)
        {
            if (!_entries.TryGetValue(word.Id, out var entry))
            {
                return word;
            }

            entry.Books.Told(word);
            return entry.Books.Seen;
        }
    }

    InstanceView IOwnCounts.Seen(InstanceView word)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(word.Id, out var entry) && entry.Books.Word.Version == word.Version ? entry.Books.Seen : word;
        }
    }

    private int Count(Func<Entry, int> of)
    {
        lock (_gate)
        {
            return _entries.Values.Sum(of);
        }
    }

    // Outside of the lock: the view's own lock is the outer one.
    private void Restate(InstanceView word) => _view.Find(word.Id.Pool)?.Restate(word);

    private void Journal(InstanceView word, string from, string to, string cause)
    {
        // This silo's own trouble: others hear nothing of it.
        var entry = new FleetEvent
        {
            Pool = word.Id.Pool,
            Instance = word.Id.Name,
            Epoch = word.Epoch,
            Incarnation = word.Registration.Incarnation,
            What = FleetEventWords.Reach,
            From = from,
            To = to,
            Cause = cause,
        };
        _events.Add(entry);
        _instruments.OnTransition(entry);
    }

    private sealed record Entry(UnreachedInstance Books)
    {
        public Queue<ReleaseCommand> Releases { get; } = new();

        public bool IsAsked { get; set; }
    }
}
