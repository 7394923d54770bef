using System.Text.Json;
using System.Text.Json.Serialization;
using Krewe.Bench.Drill.Record;
using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill;

/// <summary>What happened in a drill, a JSON object per line: strikes, transitions, requests, and the silo's output beside it.</summary>
internal static class DrillDetails
{
    private static readonly JsonSerializerOptions Lines = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static async Task WriteAsync(DirectoryInfo folder, ScenarioResult result)
    {
        folder.Create();
        var history = result.History!;
        var path = Path.Combine(folder.FullName, result.Name);
        await using var file = new StreamWriter(path + ".jsonl");
        foreach (var strike in history.Strikes)
        {
            await file.WriteLineAsync(JsonSerializer.Serialize(new { strike }, Lines));
        }

        foreach (var transition in history.Events)
        {
            await file.WriteLineAsync(JsonSerializer.Serialize(new { transition }, Lines));
        }

        foreach (var record in history.Records)
        {
            await file.WriteLineAsync(JsonSerializer.Serialize(new { request = Describe(record, history) }, Lines));
        }

        await File.WriteAllTextAsync(path + ".silo.log", result.SiloOutput);
    }

    private static object Describe(RequestRecord record, DrillHistory history)
    {
        var verdict = RequestVerdict.Of(record);
        return new
        {
            good = verdict.IsGood,
            record.Id,
            record.Silo,
            pool = record.Plan.Pool,
            chat = record.Plan.IsChat,
            stream = record.Plan.Streams,
            planned = record.Plan.Tokens,
            sentMs = Ms(record.SentAt),
            endedMs = Ms(record.EndedAt),
            end = record.End.ToString(),
            record.Status,
            record.Error,
            verdict.Tokens.Lost,
            verdict.Tokens.Doubled,
            verdict.Tokens.Foreign,
            verdict.Stale,
            oddities = verdict.Oddities,
            sources = Sources(record),
            attempts = history.StoryOf(record)?.Attempts,

            // The whole of it only where something is wrong: it is long.
            text = verdict.Tokens == default ? null : record.Text,
        };
    }

    /// <summary>Who served which stretch of the stream, and the longest silence before it.</summary>
    private static IEnumerable<string> Sources(RequestRecord record)
    {
        var events = record.Events;
        for (var i = 0; i < events.Count; i++)
        {
            if (i == 0 || events[i].Source != events[i - 1].Source)
            {
                yield return FormattableString.Invariant(
                    $"{events[i].Source?.Instance ?? "?"} from token {events[i].Index} at {Ms(events[i].At):F0} ms{(i == 0 ? "" : $", {(events[i].At - events[i - 1].At).TotalMilliseconds:F0} ms after the last")}");
            }
        }
    }

    private static double Ms(TimeSpan time) => Math.Round(time.TotalMilliseconds, 1);
}
