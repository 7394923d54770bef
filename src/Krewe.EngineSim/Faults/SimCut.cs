namespace Krewe.EngineSim.Faults;

/// <summary>How a stream ends before its end.</summary>
public enum SimCut
{
    /// <summary>The body ends in good order, without finish_reason and <c>[DONE]</c>.</summary>
    End,

    /// <summary>The connection is closed inside the body.</summary>
    Fin,

    /// <summary>The connection is reset.</summary>
    Reset,

    /// <summary>Nothing comes any more; the connection stays.</summary>
    Stall,

    /// <summary>An error event under status 200, then <c>[DONE]</c>, as vLLM does.</summary>
    Error,
}
