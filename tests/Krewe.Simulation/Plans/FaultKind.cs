namespace Krewe.Simulation.Plans;

/// <summary>What a plan can do to the fleet. Closed.</summary>
internal enum FaultKind
{
    /// <summary>The engine's process ends. It comes back under its name, as a new incarnation, after the fault's time.</summary>
    Kill,

    /// <summary>The engine's process stands still (SIGSTOP), and goes on after the fault's time.</summary>
    Stop,

    /// <summary>Everything in the engine takes several times as long.</summary>
    Slow,

    /// <summary>The engine says that it is healthy, and never gives a token.</summary>
    HealthLies,

    /// <summary>The engine answers every request with 503.</summary>
    RejectStorm,

    /// <summary>The engine answers every request with 500.</summary>
    ErrorStorm,

    /// <summary>Nothing comes back from the engine's machine.</summary>
    CutFromEngine,

    /// <summary>Nothing reaches the engine's machine.</summary>
    CutToEngine,

    /// <summary>The agent's own messages do not get through; the engine's do.</summary>
    CutHeartbeats,

    /// <summary>The agent's process ends; the engine lives on. A new agent takes over after the fault's time.</summary>
    KillAgent,

    /// <summary>The agent says that its engine goes, though it does not.</summary>
    Delete,

    /// <summary>An old registration arrives again.</summary>
    ReplayRegistration,

    /// <summary>An old heartbeat arrives again.</summary>
    ReplayHeartbeat,

    /// <summary>A delete of an earlier incarnation arrives again, or of the current one.</summary>
    ReplayDelete,

    /// <summary>A second process claims the name while the first one lives, for the fault's time.</summary>
    Impostor,

    /// <summary>A second process claims the name, and stands still before anybody hears of it: nobody can confirm it.</summary>
    Stillborn,

    /// <summary>What the engine streams is not the protocol.</summary>
    Garbles,

    /// <summary>What prefills leave in the engine is gone when a decode comes for it.</summary>
    LosesKv,

    /// <summary>An operator drains the instance; the fault's time is the drain's deadline.</summary>
    Drain,

    /// <summary>An operator cordons the instance, and lifts it after the fault's time.</summary>
    Cordon,

    /// <summary>Every operation of the store takes seconds.</summary>
    StoreSlow,

    /// <summary>Operations of the store fail; some of the writes happen all the same.</summary>
    StoreFails,

    /// <summary>Reads of the store give what was there before.</summary>
    StoreStale,

    /// <summary>The wall clock jumps.</summary>
    WallClock,

    /// <summary>The silo's process stands still.</summary>
    SiloStall,

    /// <summary>The silo's process ends, and another one starts on the same store after the fault's time.</summary>
    SiloRestart,

    /// <summary>A second silo starts beside the first, which is told nothing: every actor has two activations, until the first is ended after the fault's time.</summary>
    SiloTwin,
}
