using Krewe.Core.Requests;
using Krewe.Engines.Bodies;

namespace Krewe.Gateway.Tracing;

/// <summary>Calls of OpenAI's API in the words of the GenAI conventions.</summary>
internal static class EndpointOperations
{
    public static RequestOperation Operation(this RequestEndpoint endpoint) => endpoint switch
    {
        RequestEndpoint.Completions => RequestOperation.TextCompletion,
        RequestEndpoint.Embeddings => RequestOperation.Embeddings,
        _ => RequestOperation.Chat,
    };
}
