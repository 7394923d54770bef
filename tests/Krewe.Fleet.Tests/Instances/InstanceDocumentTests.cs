using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;

namespace Krewe.Fleet.Tests.Instances;

public sealed class InstanceDocumentTests
{
    [Theory]
    [InlineData(2, 1, 1, 9, true)]
    [InlineData(1, 9, 2, 1, false)]
    [InlineData(2, 3, 2, 2, true)]
    [InlineData(2, 2, 2, 3, false)]
    [InlineData(2, 2, 2, 2, true)]
    public void The_higher_epoch_counts_and_of_equal_ones_the_later_activation(long epoch, long generation, long storedEpoch, long storedGeneration, bool oursCounts)
    {
        var (ours, stored) = (Document(epoch, generation), Document(storedEpoch, storedGeneration));

        Assert.Same(oursCounts ? ours : stored, InstanceDocument.Newer(ours, stored));
        Assert.Same(ours, InstanceDocument.Newer(ours, null));
    }

    [Fact]
    public void An_epoch_given_to_two_lives_is_the_stored_ones()
    {
        var ours = Document(2, 9) with { Record = Document(2, 9).Record with { Registration = World.Registration("a", "ours") } };
        var stored = Document(2, 1) with { Record = Document(2, 1).Record with { Registration = World.Registration("a", "stored") } };

        Assert.Same(stored, InstanceDocument.Newer(ours, stored));
        Assert.Same(ours, InstanceDocument.Newer(ours, ours with { Generation = 8 }));
        Assert.Same(ours, InstanceDocument.Newer(ours, stored with { Record = stored.Record with { Epoch = new Epoch(1) } }));
    }

    [Fact]
    public void A_drain_stands_whichever_activation_was_told_of_it()
    {
        var later = Document(2, 3);
        var drained = Document(2, 2) with { Record = Document(2, 2).Record with { Admin = AdminState.Drained, Liveness = Liveness.Removed } };
        var draining = Document(2, 2) with { Record = Document(2, 2).Record with { Admin = AdminState.Draining, DrainFor = TimeSpan.FromSeconds(5) } };
        var cordoned = Document(2, 2) with { Record = Document(2, 2).Record with { Admin = AdminState.Cordoned } };

        Assert.Same(drained, InstanceDocument.Newer(drained, later));
        Assert.Equal((3, AdminState.Draining, TimeSpan.FromSeconds(5)), InstanceDocument.Newer(draining, later) is var newer ? (newer.Generation, newer.Record.Admin, newer.Record.DrainFor) : default);
        Assert.Same(later, InstanceDocument.Newer(cordoned, later));
        Assert.Equal(new Epoch(3), InstanceDocument.Newer(drained, Document(3, 1)).Record.Epoch);
    }

    private static InstanceDocument Document(long epoch, long generation) =>
        new(generation, new InstanceRecord { Epoch = new Epoch(epoch), Liveness = Liveness.Active, Admin = AdminState.Open });
}
