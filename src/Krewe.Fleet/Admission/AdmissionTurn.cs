namespace Krewe.Fleet.Admission;

/// <summary>Why a wait in the queue ended.</summary>
public enum AdmissionTurn
{
    /// <summary>It stands first and something changed: try to route now.</summary>
    Try,

    /// <summary>Its time in the queue is over.</summary>
    Expired,
}
