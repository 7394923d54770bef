namespace Krewe.Engines.Errors;

/// <summary>An engine's error in OpenAI's words.</summary>
/// <param name="Message">For people; bounded, and without the parts in which engines quote the request.</param>
/// <param name="Type">For example <c>invalid_request_error</c>, or the engine's own word.</param>
/// <param name="Param">The field at fault, if the engine named one.</param>
/// <param name="Code">Always a word: the engine's, or else the one that goes with the status.</param>
/// <param name="Status">The HTTP status to answer with: the engine's; for an error inside a stream its numeric code where that is a status, else 502.</param>
public sealed record EngineError(string Message, string Type, string? Param, string Code, int Status);
