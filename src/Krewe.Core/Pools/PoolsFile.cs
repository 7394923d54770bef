using System.Text.Json;

namespace Krewe.Core.Pools;

/// <summary>Reads pools from JSON, strictly: unknown keys, keys given twice and bad values are errors that name their path.</summary>
public static class PoolsFile
{
    /// <summary>Largest file, in bytes.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>Most pools in a file.</summary>
    public const int MaxPools = 1000;

    private static readonly JsonDocumentOptions Strict = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = false,
        AllowDuplicateProperties = false,
        MaxDepth = 16,
    };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a whole pools file: <c>{"pools": [...]}</c>, UTF-8. Comments are allowed.</summary>
    public static PoolsFileResult Parse(ReadOnlySpan<byte> json) => Read(json, (root, errors) =>
    {
        var pools = new List<PoolDefinition>();
        if (JsonFields.Of(root, "", errors) is not { } fields)
        {
            return pools;
        }

        var taken = new TakenNames(errors);
        foreach (var (element, path) in fields.Array("pools", MaxPools, required: true) ?? [])
        {
            if (PoolDefinitionReader.Read(element, path, errors) is { } pool)
            {
                taken.Add(pool, path);
                pools.Add(pool);
            }
        }

        fields.Finish();
        return pools;
    });

    /// <summary>Reads the definition of one pool: what is an element of <c>pools</c> in the file. On success it is the only one of the result.</summary>
    public static PoolsFileResult ParsePool(ReadOnlySpan<byte> json) =>
        Read(json, (root, errors) => PoolDefinitionReader.Read(root, "", errors) is { } pool ? [pool] : []);

    private static PoolsFileResult Read(ReadOnlySpan<byte> json, Func<JsonElement, ErrorList, List<PoolDefinition>> read)
    {
        var errors = new ErrorList();
        if (json.Length > MaxBytes)
        {
            errors.Add("", $"must be at most {MaxBytes} bytes");
            return new PoolsFileResult([], errors.All);
        }

        try
        {
            var text = json.StartsWith(ByteOrderMark) ? json[ByteOrderMark.Length..] : json;
            using var document = JsonDocument.Parse(text.ToArray(), Strict);
            var pools = read(document.RootElement, errors);
            return new PoolsFileResult(errors.All.Count == 0 ? pools : [], errors.All);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a key that is half a surrogate pair, found when it is read.
            errors.Add("", $"is not valid JSON: {broken.Message}");
            return new PoolsFileResult([], errors.All);
        }
    }
}
