using System.Net;

namespace Krewe.Core.Pools;

/// <summary>
/// Which addresses engines may be dialled at. A pool lists networks; addresses that mean something else wherever one stands
/// (this machine, the link, a cloud's metadata service, other networks' addresses in disguise) are in none of them unless an
/// entry names just them, so that a wide network does not open them by accident.
/// </summary>
public static class EngineAddressRule
{
    private static readonly IPNetwork[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8", "127.0.0.0/8", "::/96", "::1/128", // this machine; IPv4 within IPv6, as it once was written
            "169.254.0.0/16", "fe80::/10", // the link, and most clouds' metadata
            "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::254/128", // metadata elsewhere
            "224.0.0.0/4", "240.0.0.0/4", "ff00::/8", // groups, reserved, broadcast
            "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", // IPv4 behind a translator or a tunnel
        }.Select(text => IPNetwork.Parse(text)),
    ];

    /// <summary>Whether one of the networks allows the address. An IPv4 address in IPv6 form is judged as IPv4.</summary>
    public static bool Allows(IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(networks);
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        var least = 0;
        foreach (var special in Special)
        {
            if (special.Contains(plain))
            {
                least = Math.Max(least, special.PrefixLength);
            }
        }

        foreach (var network in networks)
        {
            if (network.PrefixLength >= least && network.Contains(plain))
            {
                return true;
            }
        }

        return false;
    }
}
