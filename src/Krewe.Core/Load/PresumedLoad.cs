using Krewe.Core.Identity;
using Krewe.Core.Time;

namespace Krewe.Core.Load;

/// <summary>
/// What a new activation of an instance's actor takes for reserved before it knows: its predecessor's last word, less what
/// silos have claimed of it since. It holds until every silo that lives has said what it holds there, or a bound is over:
/// until then the new activation must not give away room that it merely does not know to be taken. What it reserves itself
/// comes on top. Not safe for use from several threads.
/// </summary>
internal sealed class PresumedLoad
{
    private readonly HashSet<SiloId> _awaited = [];
    private int _requests;
    private long _tokens;
    private Monotonic _until;

    /// <summary>Requests presumed.</summary>
    public int Requests => _requests;

    /// <summary>Their prompt tokens.</summary>
    public long Tokens => _tokens;

    /// <summary>Begins anew.</summary>
    /// <param name="requests">What was reserved by the predecessor's last word.</param>
    /// <param name="tokens">The tokens of that.</param>
    /// <param name="silos">Who may hold some of it.</param>
    /// <param name="until">When it ends, whoever has not spoken.</param>
    public void Begin(int requests, long tokens, IEnumerable<SiloId> silos, Monotonic until)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(requests);
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        (_requests, _tokens, _until) = (requests, tokens, until);
        _awaited.Clear();
        _awaited.UnionWith(silos);
        if (_awaited.Count == 0)
        {
            End();
        }
    }

    /// <summary>A silo claims a reservation that the new activation had not made.</summary>
    public void Claimed(long tokens)
    {
        _requests = Math.Max(0, _requests - 1);
        _tokens = Math.Max(0, _tokens - tokens);
    }

    /// <summary>A silo has said all that it holds, or is gone.</summary>
    public void Spoke(SiloId silo)
    {
        if (_awaited.Remove(silo) && _awaited.Count == 0)
        {
            End();
        }
    }

    /// <summary>Those who are gone are not waited for.</summary>
    public void DropSilos(Predicate<SiloId> isGone)
    {
        if (_awaited.RemoveWhere(isGone) > 0 && _awaited.Count == 0)
        {
            End();
        }
    }

    /// <summary>Whether anything is presumed still; ends what is over.</summary>
    public bool Holds(Monotonic now)
    {
        if (_awaited.Count > 0 && now >= _until)
        {
            End();
        }

        return _awaited.Count > 0 && _requests > 0;
    }

    public void End()
    {
        _awaited.Clear();
        (_requests, _tokens) = (0, 0);
    }
}
