using System.Text.Json;

namespace Krewe.Engines.Bodies;

/// <summary>The rules of fields that hold arrays and objects. Each leaves the reader on the last token of the value.</summary>
internal ref partial struct RequestBodyScanner
{
    private const int BytesPerToken = 4;

    private void ReadStreamOptions()
    {
        RequireObject(KnownName.StreamOptions);
        if (_error is not null || _reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var usage = _reader.ValueTextEquals("include_usage"u8);
            var continuous = !usage && _reader.ValueTextEquals("continuous_usage_stats"u8);
            _reader.Read();
            if (!usage && !continuous)
            {
                _reader.Skip();
                continue;
            }

            if (_reader.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
            {
                var param = usage ? "stream_options.include_usage" : "stream_options.continuous_usage_stats";
                _error = new BodyError(BodyErrorKind.WrongType, param, $"'{param}' must be true or false.");
                return;
            }

            var value = _reader.TokenType == JsonTokenType.True;
            if (usage)
            {
                _body.IncludeUsage = value;
            }
            else
            {
                _body.ContinuousUsage = value;
            }
        }
    }

    private bool ReadFilledArray(KnownName name)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return false;
        }

        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            Fail(BodyErrorKind.WrongType, name, "must be an array");
            return false;
        }

        var filled = false;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            filled = true;
            _reader.Skip();
        }

        return filled;
    }

    private void ReadToolChoice()
    {
        var forced = _reader.TokenType == JsonTokenType.StartObject
            || (_reader.TokenType == JsonTokenType.String && _reader.ValueTextEquals("required"u8));
        Mark(forced, RequestTraits.ForcedTool);
        _reader.Skip();
    }

    private void ReadResponseFormat()
    {
        RequireObject(KnownName.ResponseFormat);
        if (_error is not null || _reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        var plain = false;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var type = _reader.ValueTextEquals("type"u8);
            _reader.Read();
            plain |= type && _reader.TokenType == JsonTokenType.String && _reader.ValueTextEquals("text"u8);
            _reader.Skip();
        }

        Mark(!plain, RequestTraits.GuidedDecoding);
    }

    private void ReadMessages()
    {
        var start = _reader.TokenStartIndex;
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            Fail(BodyErrorKind.WrongType, KnownName.Messages, "must be an array of objects");
            return;
        }

        var count = 0;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.StartObject)
            {
                _error = new BodyError(BodyErrorKind.WrongType, $"messages[{count}]", $"'messages[{count}]' must be an object.");
                return;
            }

            count++;
            _reader.Skip();
        }

        if (count == 0)
        {
            Fail(BodyErrorKind.OutOfRange, KnownName.Messages, "must not be empty");
        }

        Estimate((_reader.BytesConsumed - start) / BytesPerToken);
    }

    private void ReadPrompt(KnownName name)
    {
        // What the other endpoint calls its text is none of ours to judge.
        var expected = _body.Endpoint switch
        {
            RequestEndpoint.Completions => KnownName.Prompt,
            RequestEndpoint.Embeddings => KnownName.Input,
            _ => KnownName.Unknown,
        };
        if (name != expected)
        {
            _reader.Skip();
            return;
        }

        switch (_reader.TokenType)
        {
            case JsonTokenType.Null:
                return;
            case JsonTokenType.String:
                _body.PromptKind = PromptKind.Text;
                Estimate(_reader.ValueSpan.Length / BytesPerToken);
                return;
            case JsonTokenType.StartArray:
                ReadPromptList(name);
                return;
            default:
                WrongPrompt(name);
                return;
        }
    }

    private void ReadPromptList(KnownName name)
    {
        var items = 0;
        var tokens = 0L;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            var kind = _reader.TokenType switch
            {
                JsonTokenType.String => PromptKind.TextList,
                JsonTokenType.Number => PromptKind.Tokens,
                JsonTokenType.StartArray => PromptKind.TokenLists,
                _ => PromptKind.None,
            };
            if (kind == PromptKind.None || (items > 0 && kind != _body.PromptKind))
            {
                WrongPrompt(name);
                return;
            }

            _body.PromptKind = kind;
            items++;
            tokens += kind switch
            {
                PromptKind.TextList => _reader.ValueSpan.Length / BytesPerToken,
                PromptKind.TokenLists => CountTokenIds(name),
                _ => 1,
            };
            if (_error is not null)
            {
                return;
            }
        }

        if (items == 0)
        {
            Fail(BodyErrorKind.OutOfRange, name, "must not be an empty list");
            return;
        }

        _body.PromptCount = _body.PromptKind == PromptKind.Tokens ? 1 : items;
        Mark(_body.PromptCount > 1, RequestTraits.ListPrompt);
        Estimate(tokens);
    }

    private int CountTokenIds(KnownName name)
    {
        var count = 0;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.Number)
            {
                WrongPrompt(name);
                return 0;
            }

            count++;
        }

        return count;
    }

    private void WrongPrompt(KnownName name) =>
        Fail(BodyErrorKind.WrongType, name, "must be a string, a list of strings, a list of token ids, or a list of such lists");

    /// <summary>vLLM merges these with its own sampling arguments, where transfer parameters also live.</summary>
    private void ReadExtraArguments()
    {
        RequireObject(KnownName.VllmXargs);
        if (_error is not null || _reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            if (ReadName() == KnownName.KvTransferParams)
            {
                _error = new BodyError(
                    BodyErrorKind.NotAllowed, "vllm_xargs.kv_transfer_params", "'vllm_xargs.kv_transfer_params' cannot be set by a client.");
                return;
            }

            _reader.Read();
            _reader.Skip();
        }
    }

    private readonly void Estimate(long tokens) => _body.EstimatedPromptTokens = (int)Math.Clamp(tokens, 1, int.MaxValue);
}
