namespace Krewe.Fleet.Instances;

/// <summary>What an operator or agent can ask for.</summary>
public enum AdminAction
{
    Cordon,
    Uncordon,
    Drain,
}
