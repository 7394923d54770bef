namespace Krewe.Simulation.Network;

/// <summary>The machine of one instance, as the network sees it.</summary>
internal sealed class SimNode(string name)
{
    public string Name => name;

    /// <summary>Until when nothing comes from it.</summary>
    public TimeSpan CutFromUntil { get; set; }

    /// <summary>Until when nothing reaches it.</summary>
    public TimeSpan CutToUntil { get; set; }

    /// <summary>Until when its agent's messages are lost.</summary>
    public TimeSpan AgentCutUntil { get; set; }
}
