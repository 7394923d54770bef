using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Fleet.Instances;
using Krewe.Gateway.Control.Json;

namespace Krewe.Gateway.Control.Engines;

/// <summary>Reads the body of a heartbeat. Frequent: it makes little more than the command and the incarnation's text.</summary>
internal static class HeartbeatBody
{
    private const double DayInMs = 86_400_000;

    // A share that floating point pushed past the whole is the whole.
    private const double FullWithSlack = 1.001;

    private static readonly StrictJson.Reading<HeartbeatCommand> Reading = Read;

    /// <exception cref="BadFieldException">It is not what the contract says.</exception>
    public static HeartbeatCommand Parse(ReadOnlySpan<byte> body) => StrictJson.ReadObject(body, Reading);

    private static HeartbeatCommand Read(ref StrictJson json)
    {
        IncarnationId? incarnation = null;
        long? sequence = null;
        double engineSeenMs = 0;
        var load = default(ReportedLoad);
        uint seen = 0;
        while (json.NextField())
        {
            if (json.Is("incarnation"u8, "incarnation", ref seen, 0))
            {
                incarnation = Fields.Incarnation(ref json);
            }
            else if (json.Is("sequence"u8, "sequence", ref seen, 1))
            {
                sequence = json.Whole(0, long.MaxValue);
            }
            else if (json.Is("engineSeenMs"u8, "engineSeenMs", ref seen, 2))
            {
                engineSeenMs = json.Number(0, double.MaxValue, "must be a number, at least 0") ?? 0;
            }
            else if (json.Is("load"u8, "load", ref seen, 3))
            {
                load = json.EnterObject() ? Load(ref json) : load;
            }
            else
            {
                json.Skip();
            }
        }

        return new HeartbeatCommand(
            incarnation ?? throw Fields.Missing("incarnation"),
            sequence ?? throw Fields.Missing("sequence"),
            TimeSpan.FromMilliseconds(Math.Min(engineSeenMs, DayInMs)),
            load);
    }

    private static ReportedLoad Load(ref StrictJson json)
    {
        var load = default(ReportedLoad);
        uint seen = 0;
        while (json.NextField())
        {
            if (json.Is("running"u8, "load.running", ref seen, 0))
            {
                load = load with { Running = (int)(json.Whole(0, int.MaxValue) ?? 0) };
            }
            else if (json.Is("waiting"u8, "load.waiting", ref seen, 1))
            {
                load = load with { Waiting = (int)(json.Whole(0, int.MaxValue) ?? 0) };
            }
            else if (json.Is("kvUsage"u8, "load.kvUsage", ref seen, 2))
            {
                load = load with { KvUsage = Math.Min(1, json.Number(0, FullWithSlack, "must be a number, 0 to 1") ?? 0) };
            }
            else if (json.Is("queuedTokens"u8, "load.queuedTokens", ref seen, 3))
            {
                load = load with { QueuedTokens = json.Whole(0, long.MaxValue) ?? 0 };
            }
            else if (json.Is("maxTtftMs"u8, "load.maxTtftMs", ref seen, 4))
            {
                load = load with { MaxTtftMs = json.Number(0, double.MaxValue, "must be a number, at least 0") ?? 0 };
            }
            else if (json.Is("maxItlMs"u8, "load.maxItlMs", ref seen, 5))
            {
                load = load with { MaxItlMs = json.Number(0, double.MaxValue, "must be a number, at least 0") ?? 0 };
            }
            else
            {
                json.Skip();
            }
        }

        return load;
    }
}
