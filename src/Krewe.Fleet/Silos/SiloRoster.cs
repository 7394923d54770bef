using System.Collections.Frozen;
using Krewe.Core.Identity;
using Krewe.Core.Membership;

namespace Krewe.Fleet.Silos;

/// <summary>Which silos there are, as this one knows: told by the host, read by everybody. A silo whose host tells nothing is alone. Safe for use from several threads.</summary>
public sealed class SiloRoster
{
    private volatile Members _members;

    public SiloRoster(SiloId self)
    {
        Self = self;
        _members = new Members([self], [], FrozenSet<SiloId>.Empty);
    }

    /// <summary>Told after each change, on the thread that brought it. Must not block.</summary>
    public event Action? Changed;

    public SiloId Self { get; }

    /// <summary>The silos that take work, this one among them.</summary>
    public IReadOnlyList<SiloId> Active => _members.Active;

    /// <summary>The other silos that take or finish work: whom this one tells what it knows, and asks.</summary>
    public IReadOnlyList<SiloId> Others => _members.Others;

    /// <summary>Whether this silo is known to have ended. One that was never heard of is not gone.</summary>
    public bool IsGone(SiloId silo) => _members.Gone.Contains(silo);

    /// <summary>Whether it is this silo that does what only one should do. For a moment after a change two may think so, or none.</summary>
    public bool Owns(string key) => _members.Active is [_] || Rendezvous.Owner(_members.Active, key) == Self;

    /// <summary>The host says who is there.</summary>
    /// <param name="active">Silos that take work. This one always counts as such: what it does, it does as long as it runs.</param>
    /// <param name="leaving">Silos that take no new work but finish what they have.</param>
    /// <param name="gone">Silos that have ended, by their own word or the others'.</param>
    public void Update(IEnumerable<SiloId> active, IEnumerable<SiloId> leaving, IEnumerable<SiloId> gone)
    {
        var before = _members;
        SiloId[] sorted = [.. active.Append(Self).Distinct().OrderBy(silo => silo.Value, StringComparer.Ordinal)];
        SiloId[] others = [.. sorted.Union(leaving).Where(silo => silo != Self)];
        var now = new Members(sorted, others, gone.Where(silo => silo != Self).ToFrozenSet());
        _members = now;
        if (!now.Active.SequenceEqual(before.Active) || !now.Others.SequenceEqual(before.Others) || !now.Gone.SetEquals(before.Gone))
        {
            Changed?.Invoke();
        }
    }

    private sealed record Members(SiloId[] Active, SiloId[] Others, FrozenSet<SiloId> Gone);
}
