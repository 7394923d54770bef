namespace Krewe.Engines.Bodies;

/// <summary>Where an endpoint stands, on our client port and on every engine alike.</summary>
public static class RequestEndpointPaths
{
    /// <summary>The absolute path, e.g. <c>/v1/chat/completions</c>.</summary>
    public static string Path(this RequestEndpoint endpoint) => endpoint switch
    {
        RequestEndpoint.ChatCompletions => "/v1/chat/completions",
        RequestEndpoint.Completions => "/v1/completions",
        RequestEndpoint.Embeddings => "/v1/embeddings",
        _ => throw new ArgumentOutOfRangeException(nameof(endpoint), endpoint, null),
    };
}
