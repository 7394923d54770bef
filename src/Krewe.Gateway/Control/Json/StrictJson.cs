using System.Globalization;
using System.Text.Json;

namespace Krewe.Gateway.Control.Json;

/// <summary>
/// Reads a JSON object field by field, without a tree. Known fields may come once, and <c>null</c> is the same as absent;
/// unknown fields are passed over. What is wrong is thrown as <see cref="BadFieldException"/>, with the field's path.
/// </summary>
internal ref struct StrictJson
{
    private const int MaxDepth = 16;

    private Utf8JsonReader _reader;
    private string _path;

    private StrictJson(ReadOnlySpan<byte> body)
    {
        _reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        _path = "";
    }

    internal delegate T Reading<T>(ref StrictJson json);

    /// <summary>Reads a body that is one object; <paramref name="fields"/> is called inside of it.</summary>
    public static T ReadObject<T>(ReadOnlySpan<byte> body, Reading<T> fields)
    {
        var json = new StrictJson(body);
        try
        {
            if (body.IsEmpty || !json._reader.Read() || json._reader.TokenType is not JsonTokenType.StartObject)
            {
                throw BadFieldException.At("", "must be a JSON object");
            }

            var result = fields(ref json);
            json._path = "";
            json._reader.Read();
            return result;
        }
        catch (JsonException)
        {
            var at = json._reader.BytesConsumed.ToString(CultureInfo.InvariantCulture);
            throw BadFieldException.At(json._path, $"is not valid JSON at byte {at}");
        }
        catch (InvalidOperationException)
        {
            // Only text throws this: half a surrogate pair, or bytes that are no UTF-8.
            throw BadFieldException.At(json._path, "is not valid text");
        }
    }

    /// <summary>Moves to the next field's name; false at the object's end.</summary>
    public bool NextField()
    {
        _reader.Read();
        return _reader.TokenType is JsonTokenType.PropertyName;
    }

    /// <summary>Whether this is the field, which may come once.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="seen">The fields that came.</param>
    /// <param name="bit">This field's place there.</param>
    public bool Is(ReadOnlySpan<byte> name, string path, ref uint seen, int bit)
    {
        if (!_reader.ValueTextEquals(name))
        {
            return false;
        }

        _path = path;
        if ((seen & (1u << bit)) != 0)
        {
            throw BadFieldException.At(path, "is given twice");
        }

        seen |= 1u << bit;
        return true;
    }

    /// <summary>The name of this field, whatever it is.</summary>
    public readonly string FieldName() => _reader.GetString()!;

    /// <summary>Names this field for the messages.</summary>
    public void At(string path) => _path = path;

    /// <summary>Passes over this field's value.</summary>
    public void Skip()
    {
        _reader.Read();
        _reader.Skip();
    }

    /// <summary>Goes into this field's object; false where it is null.</summary>
    public bool EnterObject()
    {
        _reader.Read();
        return _reader.TokenType switch
        {
            JsonTokenType.StartObject => true,
            JsonTokenType.Null => false,
            _ => throw BadFieldException.At(_path, "must be an object"),
        };
    }

    /// <summary>Null where the value is null.</summary>
    /// <param name="maxLength">In characters.</param>
    public string? Text(int maxLength)
    {
        _reader.Read();
        if (_reader.TokenType is JsonTokenType.Null)
        {
            return null;
        }

        if (_reader.TokenType is not JsonTokenType.String)
        {
            throw BadFieldException.At(_path, "must be a string");
        }

        // A character is one to three bytes, or six where it is escaped.
        var text = _reader.ValueSpan.Length <= 6L * maxLength ? _reader.GetString()! : null;
        return text is not null && text.Length <= maxLength
            ? text
            : throw BadFieldException.At(_path, string.Create(CultureInfo.InvariantCulture, $"must have at most {maxLength} characters"));
    }

    /// <summary>A whole number; null where the value is null.</summary>
    public long? Whole(long min, long max)
    {
        _reader.Read();
        if (_reader.TokenType is JsonTokenType.Null)
        {
            return null;
        }

        return _reader.TokenType is JsonTokenType.Number && _reader.TryGetInt64(out var value) && value >= min && value <= max
            ? value
            : throw BadFieldException.At(_path, string.Create(CultureInfo.InvariantCulture, $"must be a whole number, {min} to {max}"));
    }

    /// <summary>A number; null where the value is null.</summary>
    /// <param name="min">Least.</param>
    /// <param name="max">Most.</param>
    /// <param name="rule">What to say of one that is not.</param>
    public double? Number(double min, double max, string rule)
    {
        _reader.Read();
        if (_reader.TokenType is JsonTokenType.Null)
        {
            return null;
        }

        return _reader.TokenType is JsonTokenType.Number && _reader.TryGetDouble(out var value) && value >= min && value <= max
            ? value
            : throw BadFieldException.At(_path, rule);
    }
}
