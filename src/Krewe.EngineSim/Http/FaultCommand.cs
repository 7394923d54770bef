using System.Text.Json;
using System.Text.Json.Serialization;
using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Protocol;

namespace Krewe.EngineSim.Http;

/// <summary>
/// A body of <c>POST /sim/fault</c>. Kinds: <c>crash</c> (restartAfterMs), <c>exit</c>, <c>freeze</c>, <c>thaw</c>, <c>slow</c> (factor),
/// <c>reject</c> (status, count, retryAfterSeconds), <c>cut</c> (afterTokens, how: end | fin | reset | stall | error, count),
/// <c>health-lies</c>, <c>health-down</c>, <c>health-hangs</c>, <c>health-ok</c>, <c>refuse-transfers</c>, <c>drop-leases</c>,
/// <c>pause-heartbeats</c>, <c>resume-heartbeats</c>, <c>clear</c>.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record FaultCommand
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) } };

    public string? Kind { get; init; }

    public int? RestartAfterMs { get; init; }

    public double? Factor { get; init; }

    public int? Status { get; init; }

    public int? Count { get; init; }

    public int? RetryAfterSeconds { get; init; }

    public int? AfterTokens { get; init; }

    public SimCut? How { get; init; }

    public static FaultCommand Read(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize<FaultCommand>(body, Strict) ?? throw EngineErrorException.Bad("The body must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw EngineErrorException.Bad($"Not a fault: {e.Message}", e.Path);
        }
    }

    /// <param name="life">The incarnation.</param>
    /// <param name="commands">What reaches beyond it.</param>
    /// <param name="answered">Cancelled when the command's answer has been sent.</param>
    public void Apply(EngineLife life, ISimCommands commands, CancellationToken answered)
    {
        var faults = life.Faults;
        switch (Kind)
        {
            case "crash":
                commands.RequestCrash(RestartAfterMs is { } ms ? TimeSpan.FromMilliseconds(InRange(ms, 0, 3_600_000, "restartAfterMs")) : null, answered);
                break;
            case "exit":
                if (!commands.RequestExit())
                {
                    throw EngineErrorException.Bad("This engine shares its process, which must not exit.", "kind");
                }

                break;
            case "freeze":
                faults.Freeze();
                break;
            case "thaw":
                faults.Thaw();
                break;
            case "slow":
                faults.Slow(Factor is > 0 and <= 1e6 and var factor ? factor : throw EngineErrorException.Bad("factor must be above 0, and at most 1,000,000.", "factor"));
                break;
            case "reject":
                faults.Reject(InRange(Status, 400, 599, "status"), Count, RetryAfterSeconds);
                break;
            case "cut":
                faults.Cut(InRange(AfterTokens, 0, int.MaxValue, "afterTokens"), How ?? SimCut.Fin, Count);
                break;
            case "health-lies":
                faults.Stick();
                break;
            case "health-down":
                faults.SetHealth(SimHealth.Down);
                break;
            case "health-hangs":
                faults.SetHealth(SimHealth.Hangs);
                break;
            case "health-ok":
                faults.SetHealth(SimHealth.Ok);
                break;
            case "refuse-transfers":
                faults.RefuseTransfers();
                break;
            case "drop-leases":
                life.Runtime.ReleaseAllKv();
                break;
            case "pause-heartbeats":
                commands.PauseHeartbeats(true);
                break;
            case "resume-heartbeats":
                commands.PauseHeartbeats(false);
                break;
            case "clear":
                faults.Clear();
                commands.PauseHeartbeats(false);
                break;
            default:
                throw EngineErrorException.Bad($"kind '{Kind}' is not a fault.", "kind");
        }
    }

    private static int InRange(int? value, int min, int max, string field) =>
        value is { } given && given >= min && given <= max ? given : throw EngineErrorException.Bad($"{field} must be from {min} to {max}.", field);
}
