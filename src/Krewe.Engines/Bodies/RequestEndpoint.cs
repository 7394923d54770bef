namespace Krewe.Engines.Bodies;

/// <summary>The call of OpenAI's API that a body is for.</summary>
public enum RequestEndpoint
{
    ChatCompletions,
    Completions,
    Embeddings,
}
