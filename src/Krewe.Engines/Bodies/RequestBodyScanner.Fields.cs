using System.Text.Json;

namespace Krewe.Engines.Bodies;

/// <summary>The rules of single fields. Each leaves the reader on the last token of the value.</summary>
internal ref partial struct RequestBodyScanner
{
    private void ReadKnown(KnownName name)
    {
        switch (name)
        {
            case KnownName.Model:
                ReadModel();
                break;
            case KnownName.Stream:
                _body.Stream = ReadBoolean(name);
                break;
            case KnownName.StreamOptions:
                ReadStreamOptions();
                break;
            case KnownName.MaxTokens:
                _body.MaxTokens = ReadInteger(name, 0, int.MaxValue);
                break;
            case KnownName.MaxCompletionTokens:
                _body.MaxCompletionTokens = ReadInteger(name, 0, int.MaxValue);
                break;
            case KnownName.MinTokens:
                _body.MinTokens = ReadInteger(name, 0, int.MaxValue);
                break;
            case KnownName.MinCompletionTokens:
                _body.MinCompletionTokens = ReadInteger(name, 0, int.MaxValue);
                break;
            case KnownName.N:
                _body.Choices = ReadInteger(name, 1, RequestBody.MaxChoices) ?? 1;
                Mark(_body.Choices > 1, RequestTraits.MultipleChoices);
                break;
            case KnownName.BestOf:
                _body.BestOf = ReadInteger(name, 1, RequestBody.MaxChoices) ?? 1;
                Mark(_body.BestOf > 1, RequestTraits.BestOf);
                break;
            case KnownName.Echo:
                Mark(ReadBoolean(name), RequestTraits.Echo);
                break;
            case KnownName.Logprobs:
                ReadLogprobs();
                break;
            case KnownName.TopLogprobs:
                Mark(ReadInteger(name, -1, int.MaxValue) is not (null or 0), RequestTraits.Logprobs);
                break;
            case KnownName.PromptLogprobs:
                Mark(ReadInteger(name, -1, int.MaxValue) is not null, RequestTraits.PromptLogprobs);
                break;
            case KnownName.Seed:
                ReadSeed();
                break;
            case KnownName.PresencePenalty or KnownName.FrequencyPenalty:
                Mark(ReadNumber(name) is not (null or 0.0), RequestTraits.Penalties);
                break;
            case KnownName.RepetitionPenalty:
                Mark(ReadNumber(name) is not (null or 1.0), RequestTraits.Penalties);
                break;
            case KnownName.Tools or KnownName.Functions:
                Mark(ReadFilledArray(name), RequestTraits.Tools);
                break;
            case KnownName.ToolChoice or KnownName.FunctionCall:
                ReadToolChoice();
                break;
            case KnownName.ResponseFormat:
                ReadResponseFormat();
                break;
            case KnownName.StructuredOutputs or KnownName.Guided:
                Mark(_reader.TokenType != JsonTokenType.Null, RequestTraits.GuidedDecoding);
                _reader.Skip();
                break;
            case KnownName.UseBeamSearch:
                Mark(ReadBoolean(name), RequestTraits.BeamSearch);
                break;
            case KnownName.PromptEmbeds:
                Mark(_reader.TokenType != JsonTokenType.Null, RequestTraits.PromptEmbeds);
                _reader.Skip();
                break;
            case KnownName.ContinueFinalMessage:
                Mark(ReadBoolean(name), RequestTraits.ContinuesFinalMessage);
                break;
            case KnownName.AddGenerationPrompt:
                Mark(_reader.TokenType == JsonTokenType.False, RequestTraits.ContinuesFinalMessage);
                _reader.Skip();
                break;
            case KnownName.ReturnTokenIds:
                Mark(ReadBoolean(name), RequestTraits.TokenIds);
                break;
            case KnownName.Stop:
                ReadStop();
                break;
            case KnownName.ChatTemplate or KnownName.ChatTemplateArguments:
                Mark(_reader.TokenType != JsonTokenType.Null, RequestTraits.OwnTemplate);
                _reader.Skip();
                break;
            case KnownName.Suffix:
                Mark(_reader.TokenType != JsonTokenType.Null, RequestTraits.Suffix);
                _reader.Skip();
                break;
            case KnownName.Messages:
                ReadMessages();
                break;
            case KnownName.Prompt or KnownName.Input:
                ReadPrompt(name);
                break;
            case KnownName.VllmXargs:
                ReadExtraArguments();
                break;
            case KnownName.Krewe:
                ReadKrewe();
                break;
            default:
                // Fields that are only taken out: whatever they hold.
                _reader.Skip();
                break;
        }
    }

    private readonly void Mark(bool there, RequestTraits trait)
    {
        if (there)
        {
            _body.Traits |= trait;
        }
    }

    private void ReadModel()
    {
        if (_reader.TokenType != JsonTokenType.String)
        {
            Fail(BodyErrorKind.WrongType, KnownName.Model, "must be a string");
        }
        else if (_reader.ValueSpan.IsEmpty)
        {
            Fail(BodyErrorKind.OutOfRange, KnownName.Model, "must not be empty");
        }
        else if (_reader.ValueSpan.Length > RequestBody.MaxModelLength)
        {
            Fail(BodyErrorKind.OutOfRange, KnownName.Model, $"must not be longer than {RequestBody.MaxModelLength} bytes");
        }
        else
        {
            try
            {
                _body.Model = _reader.GetString()!;
            }
            catch (InvalidOperationException)
            {
                Fail(BodyErrorKind.WrongType, KnownName.Model, "holds half a surrogate pair");
            }
        }
    }

    private bool ReadBoolean(KnownName name)
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.True:
                return true;
            case JsonTokenType.False or JsonTokenType.Null:
                return false;
            default:
                Fail(BodyErrorKind.WrongType, name, "must be true or false");
                return false;
        }
    }

    private int? ReadInteger(KnownName name, int min, int max)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (_reader.TokenType != JsonTokenType.Number || _reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0)
        {
            Fail(BodyErrorKind.WrongType, name, "must be an integer");
            return null;
        }

        if (!_reader.TryGetInt32(out var value) || value < min || value > max)
        {
            Fail(BodyErrorKind.OutOfRange, name, max == int.MaxValue ? $"must be {min} or more, and fit in 32 bits" : $"must be {min} to {max}");
            return null;
        }

        return value;
    }

    private double? ReadNumber(KnownName name)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetDouble(out var value))
        {
            Fail(BodyErrorKind.WrongType, name, "must be a number");
            return null;
        }

        if (!double.IsFinite(value))
        {
            Fail(BodyErrorKind.OutOfRange, name, "must be a finite number");
        }

        return value;
    }

    private void ReadSeed()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetInt64(out _))
        {
            Fail(BodyErrorKind.WrongType, KnownName.Seed, "must be an integer of 64 bits");
            return;
        }

        Mark(true, RequestTraits.Seed);
    }

    /// <summary>A string or a list of them; what else it may be is the engine's affair.</summary>
    private void ReadStop()
    {
        var isEmpty = _reader.TokenType == JsonTokenType.Null || (_reader.TokenType == JsonTokenType.String && _reader.ValueSpan.IsEmpty);
        var start = _reader.TokenStartIndex;
        var isList = _reader.TokenType == JsonTokenType.StartArray;
        _reader.Skip();
        isEmpty |= isList && _bytes[((int)start + 1)..((int)_reader.BytesConsumed - 1)].IndexOfAnyExcept(" \t\r\n"u8) < 0;
        Mark(!isEmpty, RequestTraits.StopStrings);
    }

    /// <summary>A boolean in chat, a count in completions.</summary>
    private void ReadLogprobs()
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.True:
                Mark(true, RequestTraits.Logprobs);
                break;
            case JsonTokenType.Number:
                Mark(ReadInteger(KnownName.Logprobs, -1, int.MaxValue) is not null, RequestTraits.Logprobs);
                break;
            case JsonTokenType.False or JsonTokenType.Null:
                break;
            default:
                Fail(BodyErrorKind.WrongType, KnownName.Logprobs, "must be true, false or an integer");
                break;
        }
    }

    private void RequireObject(KnownName name)
    {
        if (_reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.Null))
        {
            Fail(BodyErrorKind.WrongType, name, "must be an object");
        }
    }
}
