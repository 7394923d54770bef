using System.Globalization;
using Krewe.Core.Identity;
using Krewe.Core.Membership;

namespace Krewe.Core.Tests.Membership;

public sealed class RendezvousTests
{
    private static readonly SiloId[] Three = [new("host-a-1-x"), new("host-a-2-y"), new("host-b-1-z")];

    [Fact]
    public void Nobody_owns_a_key_where_there_is_nobody() => Assert.Null(Rendezvous.Owner([], "key"));

    [Fact]
    public void The_order_in_which_members_are_known_does_not_matter()
    {
        foreach (var key in Keys(200))
        {
            Assert.Equal(Rendezvous.Owner(Three, key), Rendezvous.Owner([Three[2], Three[0], Three[1]], key));
        }
    }

    [Fact]
    public void Each_silo_gets_its_share()
    {
        var shares = Keys(3_000).GroupBy(key => Rendezvous.Owner(Three, key)).ToDictionary(group => group.Key!.Value, group => group.Count());

        Assert.All(Three, silo => Assert.InRange(shares[silo], 800, 1_200));
    }

    [Fact]
    public void Only_the_share_of_a_silo_that_goes_moves()
    {
        foreach (var key in Keys(500))
        {
            var before = Rendezvous.Owner(Three, key);
            var after = Rendezvous.Owner([Three[0], Three[1]], key);
            Assert.True(before == Three[2] || before == after);
        }
    }

    [Fact]
    public void The_owner_is_the_same_in_every_process_and_release() =>
        Assert.Equal("cbaabbacbacb", string.Concat(Keys(12).Select(key => "abc"[Array.IndexOf(Three, Rendezvous.Owner(Three, key)!.Value)])));

    private static IEnumerable<string> Keys(int count) => Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"pool/i{i}"));
}
