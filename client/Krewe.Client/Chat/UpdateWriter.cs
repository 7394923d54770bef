using System.Text.Json;
using Krewe.Client.Streaming;
using Krewe.Client.Wire;
using Microsoft.Extensions.AI;

namespace Krewe.Client.Chat;

/// <summary>Turns chunks into what applications read. All of an answer's updates bear the ids of its first, whoever brought them.</summary>
internal sealed class UpdateWriter(StreamProgress progress)
{
    /// <summary>The key of the service's request id among an update's additional properties.</summary>
    public const string RequestIdKey = "krewe.request_id";

    /// <summary>What a chunk shows; null where it is nothing.</summary>
    public ChatResponseUpdate? Of(ChatChunk chunk)
    {
        List<AIContent> contents = [];
        if (chunk.Reasoning.Length > 0)
        {
            contents.Add(new TextReasoningContent(chunk.Reasoning));
        }

        if (chunk.Text.Length > 0)
        {
            contents.Add(new TextContent(chunk.Text));
        }

        if (chunk.Finish is not null)
        {
            // Calls of tools are shown whole: pieces of one could not be continued.
            contents.AddRange(progress.Tools.Select(tool => Call(tool.Id, tool.Name, tool.Arguments)));
        }

        return contents.Count == 0 && chunk.Finish is null ? null : Update(contents, Finish(chunk.Finish));
    }

    /// <summary>What is said when all has come; null where it is nothing.</summary>
    public ChatResponseUpdate? AtEnd() => progress is { PromptTokens: { } prompt, AnswerTokens: { } answer }
        ? Update([new UsageContent(new UsageDetails { InputTokenCount = prompt, OutputTokenCount = answer, TotalTokenCount = prompt + answer })], null)
        : null;

    private static ChatFinishReason? Finish(string? reason) => reason is null ? null : new ChatFinishReason(reason);

    private static FunctionCallContent Call(string id, string name, string arguments) => FunctionCallContent.CreateFromParsedArguments(
        arguments,
        id,
        name,
        static text => text.Length == 0
            ? new Dictionary<string, object?>()
            : JsonSerializer.Deserialize(text, (System.Text.Json.Serialization.Metadata.JsonTypeInfo<IDictionary<string, object?>>)AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>))));

    private ChatResponseUpdate Update(IList<AIContent> contents, ChatFinishReason? finish) => new(ChatRole.Assistant, contents)
    {
        ResponseId = progress.ResponseId,
        MessageId = progress.ResponseId,
        ModelId = progress.Model,
        CreatedAt = progress.Created > 0 ? DateTimeOffset.FromUnixTimeSeconds(progress.Created) : null,
        FinishReason = finish,
        AdditionalProperties = progress.LastRequestId is { } id ? new AdditionalPropertiesDictionary { [RequestIdKey] = id } : null,
    };
}
