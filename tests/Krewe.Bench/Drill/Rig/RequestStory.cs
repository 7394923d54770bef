namespace Krewe.Bench.Drill.Rig;

/// <summary>A request as <c>/admin/v1/requests/{id}</c> tells it. Times are milliseconds since it was admitted.</summary>
internal sealed record RequestStory
{
    public required string Id { get; init; }

    public required string State { get; init; }

    public string? Outcome { get; init; }

    public required IReadOnlyList<AttemptStory> Attempts { get; init; }

    internal sealed record AttemptStory
    {
        public required int Number { get; init; }

        public required Half Prefill { get; init; }

        public required Half Decode { get; init; }

        public string? Cause { get; init; }

        public string? FailedLeg { get; init; }

        public required long TokensSent { get; init; }

        public required double BoundMs { get; init; }

        public double? PrefillDoneMs { get; init; }

        public double? FirstTokenMs { get; init; }

        public double? EndedMs { get; init; }

        /// <summary>Whether it was bound to this life of that instance, with either half.</summary>
        public bool IsOn(string name, long epoch) =>
            (Prefill.Name == name && Prefill.Epoch == epoch) || (Decode.Name == name && Decode.Epoch == epoch);
    }

    internal sealed record Half(string Name, long Epoch, string? Incarnation);
}
