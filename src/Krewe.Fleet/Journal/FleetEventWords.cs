using Krewe.Core.Bypass;
using Krewe.Core.Instances;
using Krewe.Core.Pools;

namespace Krewe.Fleet.Journal;

/// <summary>The words of the journal: closed sets, since they are metric labels as well.</summary>
public static class FleetEventWords
{
    public const string Liveness = "liveness";
    public const string Admin = "admin";
    public const string Breaker = "breaker";

    /// <summary>An instance began another epoch without moving otherwise, or an epoch let go of its attempts.</summary>
    public const string Epoch = "epoch";
    public const string Health = "health";
    public const string Membership = "membership";

    /// <summary>Whether an instance's actor answers this silo.</summary>
    public const string Reach = "reach";

    /// <summary>Of an epoch that had its attempts still.</summary>
    public const string Held = "Held";

    /// <summary>Of an epoch whose attempts were told to go.</summary>
    public const string Lost = "Lost";

    /// <summary>Of a pool whose members are taken for lost where they are silent.</summary>
    public const string Open = "Open";

    /// <summary>Of a pool whose members are not, since half of them are silent.</summary>
    public const string Frozen = "Frozen";

    /// <summary>Of an instance whose actor answers.</summary>
    public const string Reached = "Reached";

    /// <summary>Of an instance whose actor does not: requests are bound without it.</summary>
    public const string Unreached = "Unreached";

    /// <summary>The cause where an actor answers again.</summary>
    public const string Answered = "answered";

    public const string HalfSilent = "HalfSilent";
    public const string HeardAgain = "HeardAgain";

    public static IReadOnlyList<string> What { get; } = [Liveness, Admin, Breaker, Epoch, Health, Membership, Reach];

    public static IReadOnlyList<string> To { get; } =
    [
        .. Enum.GetNames<Core.Instances.Liveness>().Concat(Enum.GetNames<AdminState>()).Concat(Enum.GetNames<BreakerState>()).Concat(Enum.GetNames<PoolHealth>())
            .Concat([Lost, Open, Frozen, Reached, Unreached]).Distinct(),
    ];

    /// <summary>Causes alone, and where an instance went missing with how it was found so.</summary>
    public static IReadOnlyList<string> Causes { get; } =
    [
        .. Enum.GetNames<PoolHealthReason>(), HalfSilent, HeardAgain, BypassCause.Late.MetricTag(), BypassCause.Failed.MetricTag(), Answered,
        .. Enum.GetValues<TransitionCause>().SelectMany(cause => new[] { Of(cause, null), Of(cause, EvidenceKind.Silent), Of(cause, EvidenceKind.Dead) }),
    ];

    /// <summary>A transition's cause, and how the instance was found missing.</summary>
    public static string Of(TransitionCause cause, EvidenceKind? evidence) => evidence is { } found ? $"{cause}:{found}" : cause.ToString();
}
