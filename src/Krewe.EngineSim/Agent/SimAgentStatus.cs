namespace Krewe.EngineSim.Agent;

/// <summary>Where an agent is with its silo.</summary>
public enum SimAgentStatus
{
    /// <summary>Not registered yet, or anew.</summary>
    Registering,

    Registered,

    /// <summary>The silo drained the instance: the agent registers no more.</summary>
    Drained,

    /// <summary>Another incarnation took its place for good: the agent registers no more.</summary>
    Superseded,

    /// <summary>The silo refuses the registration for good (400, 401, 403); <see cref="SimAgent.Refusal"/> says why.</summary>
    Refused,

    Stopped,
}
