using Krewe.EngineSim.Engine;

namespace Krewe.EngineSim.Protocol;

/// <summary>One choice of one request: what the engine runs, and how far it was written.</summary>
internal sealed class GenerationCall(int index, AnswerPlan plan, SimSequence sequence)
{
    /// <summary>The choice's number in the answer.</summary>
    public int Index => index;

    public AnswerPlan Plan => plan;

    public SimSequence Sequence => sequence;

    /// <summary>Tokens in chunks so far.</summary>
    public int Written { get; set; }

    /// <summary>Tokens at the end of <see cref="Written"/> whose text is still to come.</summary>
    public int TextPending { get; set; }

    public bool IsOpened { get; set; }

    public bool IsClosed { get; set; }
}
