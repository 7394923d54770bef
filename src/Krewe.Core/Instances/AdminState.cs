namespace Krewe.Core.Instances;

/// <summary>What operators and agents want of an incarnation. Evidence never moves it; a heartbeat or renewed registration does not undo it.</summary>
public enum AdminState
{
    Open,

    /// <summary>No new bindings; what runs, runs on.</summary>
    Cordoned,

    /// <summary>No new bindings; at zero reservations, or at the deadline, it becomes <see cref="Drained"/>.</summary>
    Draining,

    /// <summary>Empty for good.</summary>
    Drained,
}
