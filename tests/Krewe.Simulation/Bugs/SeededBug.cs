namespace Krewe.Simulation.Bugs;

/// <summary>Bugs that a scheduler of this kind is known to have had. Each is put in on purpose, one at a time, to prove that the checks catch it.</summary>
internal enum SeededBug
{
    None,

    /// <summary>A delete checks the incarnation, waits, and then removes by name: a newer incarnation is removed.</summary>
    DeleteByName,

    /// <summary>Any other incarnation counts as a replacement: an old registration can win.</summary>
    OldRegistrationWins,

    /// <summary>A heartbeat checks the incarnation, waits, and is then booked by name.</summary>
    HeartbeatByName,

    /// <summary>The life of instances is timed by the wall clock.</summary>
    WallClock,

    /// <summary>Counters by name, given back whenever something ends: twice for some, and to a newer incarnation for others.</summary>
    CountersByName,

    /// <summary>What a failed attempt held on the instance that survived is not given back.</summary>
    PeerNotReleased,

    /// <summary>Requests past their prefill are not told that their instance failed, and nothing else ends them.</summary>
    OtherPhaseForgotten,

    /// <summary>The end overtakes tokens that wait to be written.</summary>
    TokenAfterEnd,

    /// <summary>What fails between choosing and binding is the client's error, instead of another choice.</summary>
    SelectThenBind,

    /// <summary>An instance stays schedulable without heartbeats, as long as something renews its lease.</summary>
    NeverAges,

    /// <summary>A client's leaving is noticed with the next token only.</summary>
    LeavingUnnoticed,

    /// <summary>A failure is logged with the prompt.</summary>
    PromptInLog,

    /// <summary>A stream that goes on elsewhere counts what was sent to it, not what came: it begins one token late.</summary>
    ContinuesLate,

    /// <summary>Any stream goes on elsewhere, whatever state its engine took with it.</summary>
    ContinuesUnsoundly,
}
