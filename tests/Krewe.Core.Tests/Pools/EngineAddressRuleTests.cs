using System.Net;
using Krewe.Core.Identity;
using Krewe.Core.Pools;

namespace Krewe.Core.Tests.Pools;

public sealed class EngineAddressRuleTests
{
    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("203.0.113.7", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("fd00::17", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::169.254.169.254", false)]
    [InlineData("64:ff9b::a9fe:a9fe", false)]
    [InlineData("2002:a9fe:a9fe::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("168.63.129.16", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("ff02::1", false)]
    public void A_network_of_everything_opens_no_address_that_means_something_else(string address, bool allowed) =>
        Assert.Equal(allowed, EngineAddressRule.Allows([IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")], IPAddress.Parse(address)));

    [Theory]
    [InlineData("127.0.0.0/8", "127.0.0.1", true)]
    [InlineData("::1/128", "::1", true)]
    [InlineData("169.254.7.0/24", "169.254.7.9", true)]
    [InlineData("127.0.0.0/8", "::ffff:127.0.0.1", true)]
    [InlineData("64.0.0.0/2", "127.0.0.1", false)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.9.9.9", true)]
    [InlineData("fd00::/8", "10.0.0.1", false)]
    public void An_entry_that_names_just_them_does(string network, string address, bool allowed) =>
        Assert.Equal(allowed, EngineAddressRule.Allows([IPNetwork.Parse(network)], IPAddress.Parse(address)));

    [Fact]
    public void A_pool_that_says_nothing_allows_this_machine_alone()
    {
        var pool = PoolDefinition.ForModel(new PoolName("p"), "m");

        Assert.True(pool.Allows(IPAddress.Loopback) && pool.Allows(IPAddress.IPv6Loopback));
        Assert.False(pool.Allows(IPAddress.Parse("10.0.0.1")) || pool.Allows(IPAddress.Parse("169.254.169.254")));
    }
}
