using System.Text.Json;

namespace Krewe.Engines.Bodies;

/// <summary>The rules of our own object. What of it is not known is for later releases.</summary>
internal ref partial struct RequestBodyScanner
{
    private const string ResumeName = "krewe.resume";

    private void ReadKrewe()
    {
        RequireObject(KnownName.Krewe);
        if (_error is not null || _reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        while (_error is null && _reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var isResume = _reader.ValueTextEquals("resume"u8);
            _reader.Read();
            if (isResume)
            {
                ReadResume();
            }
            else
            {
                _reader.Skip();
            }
        }
    }

    private void ReadResume()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            FailResume(BodyErrorKind.WrongType, ResumeName, "must be an object");
            return;
        }

        ReadOnlyMemory<byte>? text = null;
        int? tokens = null;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var isText = _reader.ValueTextEquals("text"u8);
            var isTokens = !isText && _reader.ValueTextEquals("tokens"u8);
            _reader.Read();
            if (isText && _reader.TokenType == JsonTokenType.String)
            {
                text = _body.Utf8.Slice((int)_reader.TokenStartIndex + 1, _reader.ValueSpan.Length);
            }
            else if (isText)
            {
                FailResume(BodyErrorKind.WrongType, ResumeName + ".text", "must be a string");
                return;
            }
            else if (isTokens && _reader.TokenType != JsonTokenType.Null)
            {
                if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetInt32(out var number) || number < 0)
                {
                    FailResume(BodyErrorKind.OutOfRange, ResumeName + ".tokens", "must be a whole number, 0 or more");
                    return;
                }

                tokens = number;
            }
            else
            {
                _reader.Skip();
            }
        }

        if (text is not { } held)
        {
            FailResume(BodyErrorKind.Missing, ResumeName + ".text", "is required");
            return;
        }

        _body.Resume = new ResumePoint(held, tokens);
    }

    private void FailResume(BodyErrorKind kind, string param, string what) => _error = new BodyError(kind, param, $"'{param}' {what}.");
}
