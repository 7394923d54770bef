using Krewe.Bench.Drill.Record;
using Krewe.Bench.Drill.Rig;

namespace Krewe.Bench.Drill.Verdict;

/// <summary>What happened in a drill, whole: what clients saw, what the silo says of the same requests, and what was done to whom.</summary>
internal sealed record DrillHistory
{
    public required IReadOnlyList<RequestRecord> Records { get; init; }

    /// <summary>By request id.</summary>
    public required IReadOnlyDictionary<string, RequestStory> Stories { get; init; }

    public required IReadOnlyList<FleetEventState> Events { get; init; }

    /// <summary>Oldest first.</summary>
    public required IReadOnlyList<Strike> Strikes { get; init; }

    /// <summary>Until when requests may fail because nobody is left to serve them; null: never.</summary>
    public TimeSpan? OutageUntil { get; init; }

    /// <summary>Whether it was under way, or sent, while nobody was left to serve it.</summary>
    public bool IsExcused(RequestRecord record) => record.SentAt <= OutageUntil && Strikes.Count > 0 && record.EndedAt >= Strikes[0].At;

    public RequestStory? StoryOf(RequestRecord record) => record.Id is { } id ? Stories.GetValueOrDefault(id) : null;

    /// <summary>Attempts on the life that was hit, each with its request.</summary>
    public IEnumerable<(RequestRecord Record, RequestStory.AttemptStory Attempt)> AttemptsOn(Strike strike) =>
        from record in Records
        let story = StoryOf(record)
        where story is not null
        from attempt in story.Attempts
        where attempt.IsOn(strike.Instance, strike.Epoch)
        select (record, attempt);
}
