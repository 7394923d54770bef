using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Fleet.Reservations;

namespace Krewe.Fleet.Tests.Reservations;

public sealed class LiveReservationsTests
{
    private readonly LiveReservations _live = new();
    private readonly List<string> _told = [];

    [Fact]
    public void A_lost_epoch_is_told_to_those_on_it_or_an_older_one_of_that_instance()
    {
        Add(1, "a", 1, "old");
        Add(2, "a", 2, "lost");
        Add(3, "a", 3, "newer");
        Add(4, "b", 2, "other");

        _live.EpochLost(World.Id("a"), new Epoch(2), EvidenceKind.Dead);

        Assert.Equal(["lost:Dead", "old:Dead"], _told.Order());
    }

    [Fact]
    public void What_was_given_back_is_not_told()
    {
        Add(1, "a", 1, "gone");
        _live.Remove(Leg(1));
        _live.Remove(Leg(1));

        _live.EpochLost(World.Id("a"), new Epoch(1), null);

        Assert.Empty(_told);
        Assert.Equal(0, _live.Count);
    }

    [Fact]
    public void They_are_grouped_by_where_they_are_held()
    {
        Add(1, "a", 1, "");
        Add(2, "a", 1, "");
        Add(3, "a", 2, "");
        Add(4, "b", 1, "");

        var groups = _live.ByInstance().ToDictionary(group => (group.Key.Instance.Name.Value, group.Key.Epoch.Value), group => group.Count());

        Assert.Equal(new Dictionary<(string, long), int> { [("a", 1)] = 2, [("a", 2)] = 1, [("b", 1)] = 1 }, groups);
    }

    private static AttemptLeg Leg(ulong number) => new(new AttemptId(new RequestId(0, number), 1), LegKind.Whole);

    private void Add(ulong number, string instance, long epoch, string name) =>
        _live.Add(new HeldReservation(Leg(number), World.Id(instance), new Epoch(epoch), 1, evidence => _told.Add($"{name}:{evidence}")));
}
