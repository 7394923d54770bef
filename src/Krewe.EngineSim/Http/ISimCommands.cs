namespace Krewe.EngineSim.Http;

/// <summary>Faults that reach beyond one incarnation: what its host does when told over HTTP.</summary>
internal interface ISimCommands
{
    /// <summary>Ends the incarnation as a crash does, once its commander has the answer, and brings up the next after a time; null: when told.</summary>
    /// <param name="restartAfter">Counts from the crash.</param>
    /// <param name="answered">Cancelled when the answer has been sent.</param>
    void RequestCrash(TimeSpan? restartAfter, CancellationToken answered);

    /// <summary>Ends the process at once: nobody gets an answer.</summary>
    /// <returns>False where it may not.</returns>
    bool RequestExit();

    /// <summary>Stops or resumes the agent's heartbeats; without an agent, nothing.</summary>
    void PauseHeartbeats(bool pause);
}
