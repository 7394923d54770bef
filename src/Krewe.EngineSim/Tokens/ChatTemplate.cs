namespace Krewe.EngineSim.Tokens;

/// <summary>How messages become a prompt; the faulty kinds are those that break continuation in real models.</summary>
public enum ChatTemplate
{
    /// <summary>A partial answer reads as generation prompt + partial, byte for byte.</summary>
    Sound,

    /// <summary>White space around every message's content is cut off, around a partial answer's too.</summary>
    Trims,

    /// <summary>The generation prompt holds an empty thinking block that a partial answer's header lacks.</summary>
    Inserts,
}
