using System.Collections.Frozen;

namespace Krewe.Orleans.Telemetry;

/// <summary>
/// Of what Orleans measures, what an operator of Krewe asks for. Each either counts what is rare, or is read only when
/// somebody looks; and has no label, or one whose values are few: kinds of grains, of storage, of silos' addresses.
/// </summary>
public static class OrleansFigures
{
    public const string MeterName = "Microsoft.Orleans";

    /// <summary>The instruments, by their names at Orleans.</summary>
    public static IReadOnlySet<string> Instruments { get; } = new[]
    {
        // Grains: how many there are, come, and fail to.
        "orleans-catalog-activations",
        "orleans-catalog-activation-created",
        "orleans-catalog-activation-destroyed",
        "orleans-catalog-activation-failed-to-activate",
        "orleans-grains",

        // Calls between them: within the silo, and what went wrong.
        "orleans-messaging-sent-local",
        "orleans-messaging-sent-failed",
        "orleans-messaging-sent-dropped",
        "orleans-messaging-rejected",
        "orleans-messaging-rerouted",
        "orleans-messaging-expired",
        "orleans-app-requests-timedout",
        "orleans-app-requests-canceled",
        "orleans-scheduler-long-running-turns",

        // Silos: probes of each other, and connections.
        "orleans-messaging-pings-sent",
        "orleans-messaging-pings-reply-missed",
        "orleans-networking-sockets-opened",
        "orleans-networking-sockets-closed",
        "orleans-watchdog-health-checks-failed",

        // The store.
        "orleans-storage-read-errors",
        "orleans-storage-write-errors",
        "orleans-storage-read-latency",
        "orleans-storage-write-latency",
    }.ToFrozenSet(StringComparer.Ordinal);
}
