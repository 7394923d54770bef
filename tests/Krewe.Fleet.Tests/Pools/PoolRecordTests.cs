using Krewe.Core.Identity;
using Krewe.Core.Pools;
using Krewe.Fleet.Pools;

namespace Krewe.Fleet.Tests.Pools;

public sealed class PoolRecordTests
{
    [Fact]
    public void A_merge_takes_the_later_definition_and_the_members_of_both()
    {
        var ours = Record(2, "ours", "a", "b");

        Assert.Equal(("stored", 3L), Merged(Record(3, "stored", "b", "c")));
        Assert.Equal(("ours", 2L), Merged(Record(1, "stored", "b", "c")));
        Assert.Equal(("ours", 2L), Merged(Record(2, "stored", "b", "c")));
        Assert.Same(ours, PoolRecord.Merge(ours, null));

        (string, long) Merged(PoolRecord stored)
        {
            var merged = PoolRecord.Merge(ours, stored);
            Assert.Equal(["a", "b", "c"], merged.Members.Select(name => name.Value).Order());
            return (merged.Definition.Model, merged.Version);
        }
    }

    private static PoolRecord Record(long version, string model, params string[] members) =>
        new(version, PoolDefinition.ForModel(World.Pool, model), [.. members.Select(name => new InstanceName(name))]);
}
