using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Routing;
using Krewe.Core.Time;

namespace Krewe.Core.Bypass;

/// <summary>
/// What one silo knows of an instance whose actor does not answer it: the actor's last word, what the silo's attempts took
/// without it, and what they gave back of what it counted. Once the actor answers again it is told what it has not taken
/// over; then this is over. Not safe for use from several threads.
/// </summary>
public sealed class UnreachedInstance
{
    private readonly Dictionary<AttemptLeg, long> _taken = [];
    private int _givenBack;
    private long _givenBackTokens;
    private InstanceView? _seen;

    /// <param name="word">What its actor said last.</param>
    /// <param name="since">Since when it does not answer.</param>
    public UnreachedInstance(InstanceView word, Monotonic since)
    {
        ArgumentNullException.ThrowIfNull(word);
        Word = word;
        Since = since;
    }

    /// <summary>What its actor said last.</summary>
    public InstanceView Word { get; private set; }

    /// <summary>Since when it does not answer.</summary>
    public Monotonic Since { get; private set; }

    /// <summary>Whether it answers again; what it has not taken over yet is still counted here.</summary>
    public bool Answers { get; private set; }

    /// <summary>Reservations that it has not taken over.</summary>
    public int Untaken => _taken.Count;

    /// <summary>The actor's last word, with this silo's own counts: what routing is to see.</summary>
    public InstanceView Seen => _seen ??= Word with
    {
        Load = Word.Load with
        {
            ReservedRequests = Math.Max(0, Word.Load.ReservedRequests - _givenBack) + _taken.Count,
            ReservedTokens = Math.Max(0, Word.Load.ReservedTokens - _givenBackTokens) + _taken.Values.Sum(),
        },
    };

    /// <summary>It does not answer, again.</summary>
    public void Lost(Monotonic now)
    {
        if (Answers)
        {
            (Answers, Since) = (false, now);
        }
    }

    /// <summary>Takes a reservation without its actor, where <see cref="BypassRule"/> allows. The same leg again changes nothing.</summary>
    /// <param name="leg">What is to be held.</param>
    /// <param name="tokens">Estimated prompt tokens.</param>
    /// <param name="routed">The epoch that was routed to.</param>
    /// <param name="now">Now.</param>
    /// <param name="limit">For how long the actor's last word counts.</param>
    /// <param name="own">Reservations that this silo's attempts hold there, taken this way or the other.</param>
    public BypassVerdict TryTake(AttemptLeg leg, long tokens, Epoch routed, Monotonic now, TimeSpan limit, int own = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        if (_taken.ContainsKey(leg))
        {
            return BypassVerdict.Bound;
        }

        var verdict = BypassRule.Decide(Seen, routed, now - Since, limit, own);
        if (verdict == BypassVerdict.Bound)
        {
            _taken.Add(leg, tokens);
            _seen = null;
        }

        return verdict;
    }

    /// <summary>An attempt of this silo gives a reservation back, whichever way it was taken.</summary>
    public void GiveBack(AttemptLeg leg, Epoch epoch, long tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        if (!_taken.Remove(leg) && epoch == Word.Epoch)
        {
            // Its actor counts it still.
            _givenBack++;
            _givenBackTokens += tokens;
        }

        _seen = null;
    }

    /// <summary>Its actor has spoken, to another silo or to this one: what it says is newer than what was given back here. An older word changes nothing.</summary>
    public void Told(InstanceView word)
    {
        ArgumentNullException.ThrowIfNull(word);
        if (word.Version <= Word.Version)
        {
            return;
        }

        if (word.Epoch != Word.Epoch)
        {
            _taken.Clear();
        }

        Word = word;
        (_givenBack, _givenBackTokens) = (0, 0);
        _seen = null;
    }

    /// <summary>It has answered, and was told that these legs are held: they are in its books from now on.</summary>
    public void TookOver(IEnumerable<AttemptLeg> legs)
    {
        ArgumentNullException.ThrowIfNull(legs);
        Answers = true;
        foreach (var leg in legs)
        {
            _taken.Remove(leg);
        }

        _seen = null;
    }
}
