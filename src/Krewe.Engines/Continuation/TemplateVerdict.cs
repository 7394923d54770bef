namespace Krewe.Engines.Continuation;

/// <summary>What an engine's chat template does with a partial answer.</summary>
public enum TemplateVerdict
{
    /// <summary>It could not be tested, because of the engine's state and not of its template.</summary>
    Unknown,

    /// <summary>A partial answer is rendered as generation prompt + partial.</summary>
    Sound,

    /// <summary>The same, unless the partial begins or ends with white space, which is cut off.</summary>
    SoundInside,

    /// <summary>It is not, or the engine cannot tell.</summary>
    Unsound,
}
