using System.Globalization;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Fleet.Instances;
using Krewe.Gateway.Control.Engines;
using Krewe.Gateway.Control.Json;
using Krewe.Grpc.V1;

namespace Krewe.Grpc.Sessions;

/// <summary>Reads what agents say, by the rules that hold over HTTP.</summary>
internal static class AgentMessages
{
    private const double DayInMs = 86_400_000;

    // A share that floating point pushed past the whole is the whole.
    private const double FullWithSlack = 1.001;

    /// <exception cref="BadFieldException">It is not what the contract says.</exception>
    public static InstanceId Id(Register message)
    {
        if (!NameRule.IsValid(message.Pool))
        {
            throw BadFieldException.At("pool", $"must be {NameRule.Description}");
        }

        return NameRule.IsValid(message.Name)
            ? new InstanceId(new PoolName(message.Pool), new InstanceName(message.Name))
            : throw BadFieldException.At("name", $"must be {NameRule.Description}");
    }

    /// <exception cref="BadFieldException">It is not what the contract says.</exception>
    public static Registration Registration(Register message)
    {
        var capacity = message.Capacity;
        return new Registration
        {
            Incarnation = IncarnationId.IsValid(Required(message.Incarnation, "incarnation", IncarnationId.MaxLength))
                ? new IncarnationId(message.Incarnation)
                : throw BadFieldException.At("incarnation", Fields.IncarnationRule),
            Role = RegistrationBody.Role(Required(message.Role, "role")),
            Protocol = RegistrationBody.Protocol(Required(message.Protocol, "protocol")),
            Url = RegistrationBody.Url(Required(message.Url, "url", EngineUrl.MaxLength)),
            Model = RegistrationBody.Model(Required(message.Model, "model", RegistrationBody.MaxModelLength)),
            TransferGroup = RegistrationBody.Group(message.TransferGroup.Length == 0 ? "default" : Required(message.TransferGroup, "transferGroup")),
            Capacity = capacity is null
                ? new InstanceCapacity(InstanceCapacity.DefaultMaxConcurrency, 0, 0)
                : new InstanceCapacity(
                    capacity.MaxConcurrency == 0 ? InstanceCapacity.DefaultMaxConcurrency : capacity.MaxConcurrency, capacity.KvBlocks, capacity.BlockSize),
        };
    }

    /// <exception cref="BadFieldException">It is not what the contract says.</exception>
    public static HeartbeatCommand Heartbeat(Heartbeat message, IncarnationId incarnation)
    {
        var load = message.Load;
        return new HeartbeatCommand(
            incarnation,
            AtLeastZero(message.Sequence, "sequence"),
            TimeSpan.FromMilliseconds(Math.Min(AtLeastZero(message.EngineSeenMs, "engineSeenMs"), DayInMs)),
            load is null
                ? default
                : new ReportedLoad(
                    (int)AtLeastZero(load.Running, "load.running"),
                    (int)AtLeastZero(load.Waiting, "load.waiting"),
                    Share(load.KvUsage),
                    AtLeastZero(load.QueuedTokens, "load.queuedTokens"),
                    AtLeastZero(load.MaxTtftMs, "load.maxTtftMs"),
                    AtLeastZero(load.MaxItlMs, "load.maxItlMs")));
    }

    /// <exception cref="BadFieldException">It is not what the contract says.</exception>
    public static AdminCommand Drain(Drain message)
    {
        var within = message.HasDeadlineMs ? message.DeadlineMs : DrainBody.DefaultMs;
        return within is >= 0 and <= DrainBody.LongestMs
            ? new AdminCommand(AdminAction.Drain, TimeSpan.FromMilliseconds(within))
            : throw BadFieldException.At("deadlineMs", string.Create(CultureInfo.InvariantCulture, $"must be 0 to {DrainBody.LongestMs}"));
    }

    private static string Required(string text, string path, int longest = NameRule.MaxLength) =>
        text.Length == 0 ? throw Fields.Missing(path)
        : text.Length <= longest ? text
        : throw BadFieldException.At(path, string.Create(CultureInfo.InvariantCulture, $"may have at most {longest} characters"));

    private static long AtLeastZero(long value, string path) => value >= 0 ? value : throw BadFieldException.At(path, "must be at least 0");

    private static double AtLeastZero(double value, string path) =>
        double.IsFinite(value) && value >= 0 ? value : throw BadFieldException.At(path, "must be a number, at least 0");

    private static double Share(double value) =>
        value is >= 0 and <= FullWithSlack ? Math.Min(1, value) : throw BadFieldException.At("load.kvUsage", "must be a number, 0 to 1");
}
