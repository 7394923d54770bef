using Krewe.Core.Identity;
using Krewe.Fleet.Silos;

namespace Krewe.Fleet.Tests.Silos;

public sealed class SiloRosterTests
{
    private static readonly SiloId Self = new("self");
    private static readonly SiloId East = new("east");
    private static readonly SiloId West = new("west");

    private readonly SiloRoster _roster = new(Self);
    private int _changes;

    public SiloRosterTests() => _roster.Changed += () => _changes++;

    [Fact]
    public void A_silo_that_was_told_nothing_is_alone_and_owns_everything()
    {
        Assert.Equal([Self], _roster.Active);
        Assert.Empty(_roster.Others);
        Assert.True(_roster.Owns("anything"));
        Assert.False(_roster.IsGone(East));
    }

    [Fact]
    public void Whoever_leaves_takes_no_new_work_but_is_still_talked_to()
    {
        _roster.Update([Self, East], [West], []);

        Assert.Equal([East, Self], _roster.Active);
        Assert.Equal([East, West], _roster.Others);
        Assert.False(_roster.IsGone(West));
        Assert.Equal(1, _changes);
    }

    [Fact]
    public void The_same_news_again_is_no_change()
    {
        _roster.Update([Self, East], [], [West]);
        _roster.Update([East, Self], [], [West]);

        Assert.Equal(1, _changes);
    }

    [Fact]
    public void Who_is_gone_is_gone_but_a_silo_never_takes_itself_for_that()
    {
        _roster.Update([East], [], [West, Self]);

        Assert.True(_roster.IsGone(West));
        Assert.False(_roster.IsGone(Self));
        Assert.Contains(Self, _roster.Active);
    }

    [Fact]
    public void Each_key_is_owned_by_one_of_the_silos_that_know_each_other()
    {
        var other = new SiloRoster(East);
        _roster.Update([Self, East], [], []);
        other.Update([Self, East], [], []);

        var owned = Enumerable.Range(0, 100).Select(i => $"key-{i}").ToList();

        Assert.All(owned, key => Assert.NotEqual(_roster.Owns(key), other.Owns(key)));
        Assert.InRange(owned.Count(_roster.Owns), 25, 75);
    }
}
