namespace Krewe.EngineSim.Engine;

/// <summary>What a step did to a sequence.</summary>
internal enum EngineEventKind
{
    /// <summary>The first token.</summary>
    FirstToken,

    /// <summary>One token more.</summary>
    Token,

    /// <summary>Its KV has arrived: answer with <see cref="EngineCore.Loaded"/> or <see cref="EngineCore.LoadFailed"/>.</summary>
    LoadDue,

    /// <summary>It is over; its phase says how.</summary>
    Over,
}
