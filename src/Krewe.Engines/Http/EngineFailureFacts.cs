namespace Krewe.Engines.Http;

/// <summary>What is known of each failure.</summary>
public static class EngineFailureFacts
{
    /// <summary>Whether it says that no process is there any more, rather than that nothing was heard.</summary>
    public static bool IsDeadEvidence(this EngineFailure failure) => failure is EngineFailure.Refused or EngineFailure.Reset;

    /// <summary>Whether the engine certainly got nothing of the request.</summary>
    public static bool IsBeforeDispatch(this EngineFailure failure) =>
        failure is EngineFailure.Refused or EngineFailure.ConnectTimeout or EngineFailure.Unreachable or EngineFailure.AddressRefused;
}
