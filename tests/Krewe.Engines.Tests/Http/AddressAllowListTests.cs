using System.Net;
using Krewe.Engines.Http;

namespace Krewe.Engines.Tests.Http;

public class AddressAllowListTests
{
    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("11.0.0.1", false)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("::ffff:11.0.0.1", false)]
    [InlineData("192.168.1.7", true)]
    [InlineData("192.168.1.8", false)]
    [InlineData("fd00::1", true)]
    [InlineData("fe80::1", false)]
    [InlineData("169.254.169.254", false)]
    public void IsAllowed_only_what_is_in_a_network_of_the_list(string address, bool allowed)
    {
        Assert.True(AddressAllowList.TryParse(["10.0.0.0/8", "192.168.1.7", "fd00::/8"], out var list, out _));
        Assert.Equal(allowed, list.IsAllowed(IPAddress.Parse(address), 80));
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0")]
    [InlineData("2130706433")]
    [InlineData("engine.example")]
    [InlineData("")]
    public void TryParse_names_the_entry_that_is_wrong(string entry)
    {
        Assert.False(AddressAllowList.TryParse(["10.0.0.0/8", entry], out _, out var wrong));
        Assert.Equal(entry, wrong);
    }

    [Fact]
    public void IsAllowed_an_empty_list_allows_nothing()
    {
        Assert.True(AddressAllowList.TryParse([], out var list, out _));
        Assert.False(list.IsAllowed(IPAddress.Loopback, 80));
        Assert.True(AddressAllowList.Any.IsAllowed(IPAddress.Loopback, 80) && AddressAllowList.Any.IsAllowed(IPAddress.IPv6Loopback, 80));
        Assert.True(AddressAllowList.Loopback.IsAllowed(IPAddress.IPv6Loopback, 80) && !AddressAllowList.Loopback.IsAllowed(IPAddress.Parse("10.0.0.1"), 80));
    }
}
