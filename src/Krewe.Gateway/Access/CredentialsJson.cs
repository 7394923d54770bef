using System.Text.Json;
using System.Text.Json.Serialization;

namespace Krewe.Gateway.Access;

/// <summary>Reads what a file of credentials holds: comments and trailing commas may be there, unknown fields not.</summary>
internal static class CredentialsJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 8,
    };

    /// <summary>The document; null where it is <c>null</c>.</summary>
    /// <exception cref="InvalidDataException">It is not of this form; the message says where, and holds nothing of it.</exception>
    public static T? Read<T>(ReadOnlySpan<byte> json)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException(error.Path is { } path ? $"{path}: is not as it should be (line {error.LineNumber + 1})." : "is not JSON.", error);
        }
    }

    /// <exception cref="InvalidDataException">There are errors; the message is all of them.</exception>
    public static void ThrowIfAny(IEnumerable<string> errors)
    {
        var message = string.Join(" ", errors);
        if (message.Length > 0)
        {
            throw new InvalidDataException(message);
        }
    }
}
