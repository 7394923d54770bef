namespace Krewe.Core.Requests;

/// <summary>What a request asks a model to do, as OpenTelemetry's GenAI conventions name it.</summary>
public enum RequestOperation
{
    Chat,
    TextCompletion,
    Embeddings,
}
