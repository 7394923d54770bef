namespace Krewe.Engines.Bodies;

/// <summary>Why a client's body is refused: a 400 in OpenAI's shape.</summary>
/// <param name="Kind">The reason.</param>
/// <param name="Param">The field at fault; null where it is the body as a whole.</param>
/// <param name="Message">One sentence for people. It never quotes the body.</param>
public sealed record BodyError(BodyErrorKind Kind, string? Param, string Message);
