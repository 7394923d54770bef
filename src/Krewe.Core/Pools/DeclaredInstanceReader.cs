using System.Net;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Protocols;

namespace Krewe.Core.Pools;

/// <summary>Reads one element of a pool's <c>instances</c>.</summary>
internal static class DeclaredInstanceReader
{
    private const int MaxUrlLength = 2048;
    private const int MaxCapacity = 1_000_000_000;

    /// <summary>The instance; null where it is not an object, or lacks a good name or url. What is wrong is in <paramref name="errors"/>.</summary>
    public static DeclaredInstance? Read(JsonElement element, string path, PoolDefinition pool, ErrorList errors)
    {
        if (JsonFields.Of(element, path, errors) is not { } fields)
        {
            return null;
        }

        var name = fields.Text("name", NameRule.IsValid, $"must be {NameRule.Description}", required: true);
        var role = fields.Choice(
            "role", InstanceRole.Mixed, [("prefill", InstanceRole.Prefill), ("decode", InstanceRole.Decode), ("mixed", InstanceRole.Mixed)]);
        var supported = Enum.GetValues<EngineProtocol>().Where(known => known.IsSupported()).Select(known => known.WireName());
        var protocol = fields.Text(
            "protocol",
            text => EngineProtocolFacts.TryParse(text, out var known) && known.IsSupported(),
            $"must be one of {string.Join(", ", supported)}");
        var url = Url(fields, pool);
        var group = fields.Text("transferGroup", NameRule.IsValid, $"must be {NameRule.Description}");
        var capacity = Capacity(fields.Object("capacity"));
        fields.Finish();
        if (name is null || url is null)
        {
            return null;
        }

        var instance = new DeclaredInstance { Name = new InstanceName(name), Role = role, Url = url };
        instance = instance with
        {
            Protocol = EngineProtocolFacts.TryParse(protocol, out var named) ? named : instance.Protocol,
            TransferGroup = group is null ? instance.TransferGroup : new TransferGroup(group),
            Capacity = capacity ?? instance.Capacity,
        };
        fields.Require(
            role is InstanceRole.Mixed || instance.Protocol.CanDisaggregate(),
            "role",
            $"must be mixed: protocol {instance.Protocol.WireName()} does not part prefill from decode");
        return instance;
    }

    private static Uri? Url(JsonFields fields, PoolDefinition pool)
    {
        const string Key = "url";
        var text = fields.Text(Key, IsUrl, "must be an absolute http or https URL without user, query or fragment", required: true);
        if (text is null)
        {
            return null;
        }

        var url = new Uri(text);
        if (IPAddress.TryParse(url.DnsSafeHost, out var address))
        {
            fields.Require(pool.Allows(address), Key, "is not within the pool's addresses");
        }

        return url;
    }

    private static bool IsUrl(string text) =>
        text.Length <= MaxUrlLength
        && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.Host.Length > 0
        && url.Port > 0
        && url.UserInfo.Length == 0
        && url.Query.Length == 0
        && url.Fragment.Length == 0;

    private static InstanceCapacity? Capacity(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var capacity = new InstanceCapacity(
            fields.Int("maxConcurrency", InstanceCapacity.DefaultMaxConcurrency, 1, 1_000_000),
            fields.Int("kvBlocks", 0, 0, MaxCapacity),
            fields.Int("blockSize", 0, 0, 1_000_000));
        fields.Finish();
        return capacity;
    }
}
