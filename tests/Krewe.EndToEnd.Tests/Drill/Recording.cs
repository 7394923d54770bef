using System.Text;
using Krewe.Bench.Drill.Record;
using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Verdict;
using Krewe.EngineSim.Tokens;

namespace Krewe.EndToEnd.Tests.Drill;

/// <summary>Writes down what a client would have seen, event by event, through the drill's own recorder.</summary>
internal sealed class Recording
{
    public const ulong Seed = 4711;

    private int _atMs;

    public Recording(int tokens = 8, int sentMs = 0, bool chat = false, bool endsItself = false, bool wantsUsage = false)
    {
        _atMs = sentMs;
        Record = new RequestRecord(
            new RequestPlan
            {
                Pool = DrillLayout.Mixed,
                Model = DrillLayout.Mixed,
                IsChat = chat,
                Streams = true,
                Prompt = "Where is the parade?",
                Seed = Seed,
                Tokens = tokens,
                EndsItself = endsItself,
                WantsUsage = wantsUsage,
                Deadline = TimeSpan.FromSeconds(30),
            },
            TimeSpan.FromMilliseconds(sentMs));
        Record.Answered(200, $"kr-{sentMs}");
    }

    public RequestRecord Record { get; }

    public RequestVerdict Verdict => RequestVerdict.Of(Record);

    public static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    /// <summary>Tokens <paramref name="from"/> up to and without <paramref name="until"/>, an event each, 25 ms apart.</summary>
    public Recording Tokens(int from, int until, string instance = "m1", string incarnation = "a1", string attempt = "1")
    {
        for (var i = from; i < until; i++)
        {
            Event(SimTokens.Text(Seed, i), i, i == Record.Plan.Tokens - 1 ? Record.Plan.Finish : null, instance, incarnation, attempt);
        }

        return this;
    }

    public Recording Event(string text, int index, string? finish = null, string instance = "m1", string incarnation = "a1", string attempt = "1", string id = "cmpl-1")
    {
        _atMs += 25;
        return Data(System.Text.Json.JsonSerializer.Serialize(new
        {
            id,
            choices = new[] { new { text, finish_reason = finish } },
            krewe_sim = new { instance, incarnation, attempt, index, tokens = 1 },
        }));
    }

    public Recording Data(string data)
    {
        Record.Take(Encoding.UTF8.GetBytes(data), Ms(_atMs));
        return this;
    }

    public Recording Silence(int milliseconds)
    {
        _atMs += milliseconds;
        return this;
    }

    public Recording Ends(RecordedEnd end)
    {
        Record.Ended(end, Ms(_atMs));
        return this;
    }

    public Recording Done() => Data("[DONE]").Ends(RecordedEnd.Completed);
}
