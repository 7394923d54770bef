namespace Krewe.Engines.Bodies;

/// <summary>Why a client's body is refused. Closed.</summary>
public enum BodyErrorKind
{
    Empty,
    NotUtf8,
    NotJson,
    NotAnObject,
    TooDeep,

    /// <summary>A field that we read or change is there twice.</summary>
    Duplicate,
    Missing,
    WrongType,
    OutOfRange,

    /// <summary>A field holds what a client may not set.</summary>
    NotAllowed,
}
