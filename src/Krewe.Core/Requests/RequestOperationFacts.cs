namespace Krewe.Core.Requests;

/// <summary>What is told of operations.</summary>
public static class RequestOperationFacts
{
    /// <summary>The value of <c>gen_ai.operation.name</c>: a closed set.</summary>
    public static string MetricTag(this RequestOperation operation) => operation switch
    {
        RequestOperation.Chat => "chat",
        RequestOperation.TextCompletion => "text_completion",
        RequestOperation.Embeddings => "embeddings",
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, null),
    };
}
