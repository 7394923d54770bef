namespace Krewe.EngineSim.Http;

/// <summary>Faults that reach beyond one incarnation: what its host does when told over HTTP.</summary>
internal interface ISimCommands
{
    /// <summary>Ends the incarnation as a crash does, and brings up the next after a time; null: when told.</summary>
    void RequestCrash(TimeSpan? restartAfter);

    /// <summary>Ends the process.</summary>
    /// <returns>False where it may not.</returns>
    bool RequestExit();

    /// <summary>Stops or resumes the agent's heartbeats; without an agent, nothing.</summary>
    void PauseHeartbeats(bool pause);
}
