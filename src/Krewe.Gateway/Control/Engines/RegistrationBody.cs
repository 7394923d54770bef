using System.Globalization;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Protocols;
using Krewe.Gateway.Control.Json;

namespace Krewe.Gateway.Control.Engines;

/// <summary>Reads the body of a registration.</summary>
internal static class RegistrationBody
{
    internal const int MaxModelLength = 256;
    private const int MaxLabels = 64;
    private const int MaxLabelLength = 256;

    // Longer than every known word, so that a wrong one is told as wrong, not as long.
    private const int MaxWordLength = 1_024;

    /// <exception cref="BadFieldException">It is not what the contract says.</exception>
    public static Registration Parse(ReadOnlySpan<byte> body) => StrictJson.ReadObject(body, Read);

    private static Registration Read(ref StrictJson json)
    {
        IncarnationId? incarnation = null;
        InstanceRole? role = null;
        EngineProtocol? protocol = null;
        Uri? url = null;
        string? model = null;
        var group = new TransferGroup("default");
        var capacity = new InstanceCapacity(InstanceCapacity.DefaultMaxConcurrency, 0, 0);
        uint seen = 0;
        while (json.NextField())
        {
            if (json.Is("incarnation"u8, "incarnation", ref seen, 0))
            {
                incarnation = Fields.Incarnation(ref json);
            }
            else if (json.Is("role"u8, "role", ref seen, 1))
            {
                role = json.Text(MaxWordLength) is { } text ? Role(text) : null;
            }
            else if (json.Is("protocol"u8, "protocol", ref seen, 2))
            {
                protocol = json.Text(MaxWordLength) is { } text ? Protocol(text) : null;
            }
            else if (json.Is("url"u8, "url", ref seen, 3))
            {
                url = json.Text(EngineUrl.MaxLength) is { } text ? Url(text) : null;
            }
            else if (json.Is("model"u8, "model", ref seen, 4))
            {
                model = json.Text(MaxModelLength) is { } text ? Model(text) : null;
            }
            else if (json.Is("transferGroup"u8, "transferGroup", ref seen, 5))
            {
                group = json.Text(MaxWordLength) is { } text ? Group(text) : group;
            }
            else if (json.Is("capacity"u8, "capacity", ref seen, 6))
            {
                capacity = json.EnterObject() ? Capacity(ref json) : capacity;
            }
            else if (json.Is("labels"u8, "labels", ref seen, 7))
            {
                PassLabels(ref json);
            }
            else
            {
                json.Skip();
            }
        }

        return new Registration
        {
            Incarnation = incarnation ?? throw Fields.Missing("incarnation"),
            Role = role ?? throw Fields.Missing("role"),
            Protocol = protocol ?? throw Fields.Missing("protocol"),
            Url = url ?? throw Fields.Missing("url"),
            Model = model ?? throw Fields.Missing("model"),
            TransferGroup = group,
            Capacity = capacity,
        };
    }

    private static InstanceCapacity Capacity(ref StrictJson json)
    {
        // The bounds are the pool's rule; here it must only be a number that fits.
        var (concurrency, blocks, size) = ((long)InstanceCapacity.DefaultMaxConcurrency, 0L, 0L);
        uint seen = 0;
        while (json.NextField())
        {
            if (json.Is("maxConcurrency"u8, "capacity.maxConcurrency", ref seen, 0))
            {
                concurrency = json.Whole(int.MinValue, int.MaxValue) ?? concurrency;
            }
            else if (json.Is("kvBlocks"u8, "capacity.kvBlocks", ref seen, 1))
            {
                blocks = json.Whole(int.MinValue, int.MaxValue) ?? blocks;
            }
            else if (json.Is("blockSize"u8, "capacity.blockSize", ref seen, 2))
            {
                size = json.Whole(int.MinValue, int.MaxValue) ?? size;
            }
            else
            {
                json.Skip();
            }
        }

        return new InstanceCapacity((int)concurrency, (int)blocks, (int)size);
    }

    /// <summary>Labels are checked, and kept by nobody yet.</summary>
    private static void PassLabels(ref StrictJson json)
    {
        if (!json.EnterObject())
        {
            return;
        }

        for (var count = 0; json.NextField(); count++)
        {
            if (count == MaxLabels)
            {
                throw BadFieldException.At("labels", string.Create(CultureInfo.InvariantCulture, $"may hold at most {MaxLabels}"));
            }

            var name = json.FieldName();
            if (name.Length is 0 or > MaxLabelLength)
            {
                throw BadFieldException.At("labels", string.Create(CultureInfo.InvariantCulture, $"must have names of 1 to {MaxLabelLength} characters"));
            }

            json.At($"labels.{name}");
            json.Text(MaxLabelLength);
        }
    }

    internal static InstanceRole Role(string text) => text switch
    {
        "mixed" => InstanceRole.Mixed,
        "prefill" => InstanceRole.Prefill,
        "decode" => InstanceRole.Decode,
        _ => throw BadFieldException.At("role", "must be one of prefill, decode, mixed"),
    };

    internal static EngineProtocol Protocol(string text) => EngineProtocolFacts.TryParse(text, out var protocol)
        ? protocol
        : throw BadFieldException.At("protocol", $"must be one of {string.Join(", ", Enum.GetValues<EngineProtocol>().Select(known => known.WireName()))}");

    internal static Uri Url(string text) => EngineUrl.TryParse(text, out var url)
        ? url
        : throw BadFieldException.At("url", $"must be {EngineUrl.Description}");

    internal static string Model(string text) =>
        text.Length > 0 && !text.Any(char.IsControl) && !char.IsWhiteSpace(text[0]) && !char.IsWhiteSpace(text[^1])
            ? text
            : throw BadFieldException.At("model", "must be 1 to 256 characters without control characters, and no space at either end");

    internal static TransferGroup Group(string text) => NameRule.IsValid(text)
        ? new TransferGroup(text)
        : throw BadFieldException.At("transferGroup", $"must be {NameRule.Description}");
}
