using System.Text.Json;
using System.Text.Unicode;

namespace Krewe.Engines.Bodies;

/// <summary>The one pass over a client's body: walks the top level, hands known fields to the field rules.</summary>
internal ref partial struct RequestBodyScanner
{
    private const int MaxBootstrapFields = 16;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly RequestBody _body;
    private Utf8JsonReader _reader;
    private ulong _seen;
    private BodyError? _error;

    public RequestBodyScanner(RequestBody body)
    {
        _body = body;
        _bytes = body.Utf8.Span;
        _reader = new Utf8JsonReader(_bytes, new JsonReaderOptions { MaxDepth = RequestBody.MaxDepth });
    }

    public BodyError? Scan()
    {
        if (_bytes.IsEmpty)
        {
            return new BodyError(BodyErrorKind.Empty, null, "The body is empty; it must be a JSON object.");
        }

        // The reader passes bytes of strings unchecked; an engine would choke on them.
        if (!Utf8.IsValid(_bytes))
        {
            return new BodyError(BodyErrorKind.NotUtf8, null, "The body is not valid UTF-8.");
        }

        try
        {
            ScanObject();
            if (_error is null)
            {
                CheckWhole();
            }
        }
        catch (JsonException e)
        {
            _error = StoppedAtDepth()
                ? new BodyError(BodyErrorKind.TooDeep, null, $"The body nests deeper than {RequestBody.MaxDepth} levels.")
                : new BodyError(BodyErrorKind.NotJson, null, $"The body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).");
        }

        return _error;
    }

    private void ScanObject()
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            _error = new BodyError(BodyErrorKind.NotAnObject, null, "The body must be a JSON object.");
            return;
        }

        _body.OpenBrace = (int)_reader.TokenStartIndex;
        var start = _body.OpenBrace + 1;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = ReadName();
            _reader.Read();
            var valueStart = (int)_reader.TokenStartIndex;
            if (name == KnownName.Unknown)
            {
                _reader.Skip();
            }
            else if (!TakeFirst(name))
            {
                return;
            }
            else
            {
                ReadKnown(name);
                if (_error is not null)
                {
                    return;
                }
            }

            var valueEnd = (int)_reader.BytesConsumed;
            var end = valueEnd;
            while (end < _bytes.Length && _bytes[end] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                end++;
            }

            _body.PropertyCount++;
            _body.Keep(name, new PropertySpan(start, valueStart, valueEnd, end));
            start = end + 1;
        }

        _body.CloseBrace = (int)_reader.TokenStartIndex;

        // Refuses anything behind the object.
        _reader.Read();
    }

    /// <summary>The reader tells "too deep" from "malformed" only in its text: it is too deep if one more level was to open at the limit.</summary>
    private readonly bool StoppedAtDepth()
    {
        // At the token that opens a level, the reader still reports the level outside.
        var opens = _reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject;
        var depth = _reader.CurrentDepth + (opens ? 1 : 0);
        var next = _bytes[(int)_reader.BytesConsumed..].TrimStart(" \t\r\n,:"u8);
        return depth >= RequestBody.MaxDepth && next is [(byte)'[' or (byte)'{', ..];
    }

    private readonly KnownName ReadName()
    {
        if (!_reader.ValueIsEscaped)
        {
            return KnownNames.Find(_reader.ValueSpan);
        }

        // One character takes at most six bytes when escaped; prefixes are open-ended, so the buffer is roomier than the names.
        Span<byte> name = stackalloc byte[128];
        if (_reader.ValueSpan.Length > name.Length)
        {
            return LongEscapedName();
        }

        try
        {
            return KnownNames.Find(name[.._reader.CopyString(name)]);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: no name of ours.
            return KnownName.Unknown;
        }
    }

    private readonly KnownName LongEscapedName()
    {
        try
        {
            var name = new byte[_reader.ValueSpan.Length];
            return KnownNames.Find(name.AsSpan(0, _reader.CopyString(name)));
        }
        catch (InvalidOperationException)
        {
            return KnownName.Unknown;
        }
    }

    /// <summary>Refuses a second copy: which of two an engine takes is its affair, and we might have changed the other.</summary>
    private bool TakeFirst(KnownName name)
    {
        if (name == KnownName.Guided)
        {
            return true;
        }

        if (name == KnownName.Bootstrap)
        {
            if (_body.Bootstrap.Length == MaxBootstrapFields)
            {
                _error = new BodyError(BodyErrorKind.NotAllowed, "bootstrap_*", $"There are more than {MaxBootstrapFields} bootstrap_* fields.");
                return false;
            }

            return true;
        }

        var bit = 1UL << (int)name;
        if ((_seen & bit) != 0)
        {
            Fail(BodyErrorKind.Duplicate, name, "is there twice");
            return false;
        }

        _seen |= bit;
        return true;
    }

    private readonly bool Saw(KnownName name) => (_seen & (1UL << (int)name)) != 0;

    private void CheckWhole()
    {
        if (!Saw(KnownName.Model))
        {
            Missing(KnownName.Model);
            return;
        }

        if (_body.Resume is not null && (!_body.Stream || _body.Endpoint == RequestEndpoint.Embeddings))
        {
            _error = new BodyError(BodyErrorKind.NotAllowed, ResumeName, $"'{ResumeName}' is for streams.");
            return;
        }

        switch (_body.Endpoint)
        {
            case RequestEndpoint.ChatCompletions when !Saw(KnownName.Messages):
                Missing(KnownName.Messages);
                break;
            case RequestEndpoint.Completions when _body.PromptKind == PromptKind.None && !_body.HasAny(RequestTraits.PromptEmbeds):
                Missing(KnownName.Prompt);
                break;
            case RequestEndpoint.Embeddings when _body.PromptKind == PromptKind.None && !Saw(KnownName.Messages):
                Missing(KnownName.Input);
                break;
            default:
                break;
        }
    }

    private void Missing(KnownName name) =>
        _error = new BodyError(BodyErrorKind.Missing, KnownNames.Text(name), $"'{KnownNames.Text(name)}' is required.");

    private void Fail(BodyErrorKind kind, KnownName name, string what) =>
        _error = new BodyError(kind, KnownNames.Text(name), $"'{KnownNames.Text(name)}' {what}.");
}
