namespace Krewe.Gateway.Control.Operators;

/// <summary>Where a silo stands.</summary>
public enum SiloState
{
    Starting,
    Active,
    Draining,
}
