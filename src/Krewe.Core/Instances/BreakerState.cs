namespace Krewe.Core.Instances;

/// <summary>Whether attempts on an instance succeed. Moved by the outcomes of attempts only; a heartbeat does not close it.</summary>
public enum BreakerState
{
    Closed,
    Open,

    /// <summary>One trial attempt at a time.</summary>
    HalfOpen,
}
