using System.Globalization;
using System.Text.Json;

namespace Krewe.Core.Pools;

/// <summary>
/// Reads one JSON object key by key. What is wrong is noted with its path, and the fallback stands in for it, so that one
/// reading finds every error. <see cref="Finish"/> notes the keys that nobody asked for.
/// </summary>
internal sealed class JsonFields
{
    private const int LongestKeyShown = 64;

    private readonly JsonElement _element;
    private readonly ErrorList _errors;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private JsonFields(JsonElement element, string path, ErrorList errors)
    {
        _element = element;
        Path = path;
        _errors = errors;
    }

    public string Path { get; }

    /// <summary>Null, and an error, where the value is not an object.</summary>
    public static JsonFields? Of(JsonElement element, string path, ErrorList errors)
    {
        if (element.ValueKind is JsonValueKind.Object)
        {
            return new JsonFields(element, path, errors);
        }

        errors.Add(path, "must be an object");
        return null;
    }

    /// <summary>The text of a JSON string; null for anything else, half a surrogate pair included.</summary>
    public static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind is JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    public void Error(string key, string message) => _errors.Add(PathOf(key), message);

    public void Require(bool holds, string key, string message)
    {
        if (!holds)
        {
            Error(key, message);
        }
    }

    /// <summary>A text that keeps a rule; null where it is absent or bad.</summary>
    public string? Text(string key, Func<string, bool> rule, string ruleInWords, bool required = false)
    {
        if (!TryGet(key, out var value))
        {
            Require(!required, key, "is required");
            return null;
        }

        if (TextOf(value) is { } text && rule(text))
        {
            return text;
        }

        Error(key, ruleInWords);
        return null;
    }

    public int Int(string key, int fallback, int min, int max)
    {
        if (!TryGet(key, out var value))
        {
            return fallback;
        }

        if (value.ValueKind is not JsonValueKind.Number || !value.TryGetDecimal(out var number) || number != decimal.Truncate(number))
        {
            Error(key, string.Create(CultureInfo.InvariantCulture, $"must be a whole number, {min} to {max}"));
            return fallback;
        }

        if (number < min || number > max)
        {
            Error(key, string.Create(CultureInfo.InvariantCulture, $"must be {min} to {max}"));
            return fallback;
        }

        return (int)number;
    }

    public TimeSpan Milliseconds(string key, TimeSpan fallback, TimeSpan min, TimeSpan max) =>
        TimeSpan.FromMilliseconds(Int(key, (int)fallback.TotalMilliseconds, (int)min.TotalMilliseconds, (int)max.TotalMilliseconds));

    public bool Flag(string key, bool fallback)
    {
        if (!TryGet(key, out var value))
        {
            return fallback;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Error(key, "must be true or false");
        return fallback;
    }

    public T Choice<T>(string key, T fallback, ReadOnlySpan<(string Word, T Value)> choices)
    {
        if (!TryGet(key, out var value))
        {
            return fallback;
        }

        var words = new List<string>();
        foreach (var (word, choice) in choices)
        {
            if (value.ValueKind is JsonValueKind.String && value.ValueEquals(word))
            {
                return choice;
            }

            words.Add(word);
        }

        Error(key, $"must be one of {string.Join(", ", words)}");
        return fallback;
    }

    /// <summary>The fields of an object below this one; null where it is absent or not an object.</summary>
    public JsonFields? Object(string key) => TryGet(key, out var value) ? Of(value, PathOf(key), _errors) : null;

    /// <summary>The elements of an array, each with its path; null where it is absent or bad.</summary>
    public List<(JsonElement Element, string Path)>? Array(string key, int max, bool required = false)
    {
        if (!TryGet(key, out var value))
        {
            Require(!required, key, "is required");
            return null;
        }

        if (value.ValueKind is not JsonValueKind.Array || value.GetArrayLength() > max)
        {
            Error(key, string.Create(CultureInfo.InvariantCulture, $"must be a list of at most {max}"));
            return null;
        }

        return [.. value.EnumerateArray().Select((element, index) => (element, $"{PathOf(key)}[{index.ToString(CultureInfo.InvariantCulture)}]"))];
    }

    /// <summary>To be called when every known key was asked for.</summary>
    public void Finish()
    {
        foreach (var property in _element.EnumerateObject())
        {
            if (!_asked.Contains(property.Name))
            {
                var shown = property.Name.Length <= LongestKeyShown ? property.Name : property.Name[..LongestKeyShown] + "…";
                Error(shown, "is not a known key");
            }
        }
    }

    private bool TryGet(string key, out JsonElement value)
    {
        _asked.Add(key);
        return _element.TryGetProperty(key, out value);
    }
}
