using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Krewe.Engines.Http;

/// <summary>A pool's allow-list: networks in CIDR form (<c>10.0.0.0/8</c>, <c>fd00::/8</c>), or single addresses.</summary>
public sealed class AddressAllowList : IAddressPolicy
{
    private readonly IPNetwork[] _networks;

    private AddressAllowList(IPNetwork[] networks) => _networks = networks;

    /// <summary>Everything is allowed.</summary>
    public static AddressAllowList Any { get; } = new([IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")]);

    /// <summary>The machine itself.</summary>
    public static AddressAllowList Loopback { get; } = new([IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")]);

    /// <summary>False = <paramref name="wrong"/> is the entry that is no network and no address.</summary>
    public static bool TryParse(
        IReadOnlyList<string> entries, [NotNullWhen(true)] out AddressAllowList? list, [NotNullWhen(false)] out string? wrong)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var networks = new IPNetwork[entries.Count];
        for (var i = 0; i < entries.Count; i++)
        {
            if (IPNetwork.TryParse(entries[i], out networks[i]))
            {
                continue;
            }

            // "10.1" and plain numbers parse as addresses too, and rarely mean what their author thought.
            if (!IPAddress.TryParse(entries[i], out var address) || (address.AddressFamily == AddressFamily.InterNetwork && entries[i].Count(c => c == '.') != 3))
            {
                list = null;
                wrong = entries[i] ?? "";
                return false;
            }

            networks[i] = new IPNetwork(address, address.GetAddressBytes().Length * 8);
        }

        list = new AddressAllowList(networks);
        wrong = null;
        return true;
    }

    public bool IsAllowed(IPAddress address, int port)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var network in _networks)
        {
            if (network.Contains(plain))
            {
                return true;
            }
        }

        return false;
    }
}
