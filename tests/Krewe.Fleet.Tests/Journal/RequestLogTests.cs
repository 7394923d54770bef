using System.Text.Json;
using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Fleet.Journal;

namespace Krewe.Fleet.Tests.Journal;

public sealed class RequestLogTests
{
    [Fact]
    public void The_oldest_goes_first_and_the_first_word_on_a_request_counts()
    {
        var log = new RequestLog(capacity: 3);
        for (ulong i = 1; i <= 3; i++)
        {
            log.Add(Request(i, $"r{i}"));
        }

        log.Add(Request(2, "again"));
        Assert.Equal(["r1", "r2", "r3"], Models(log, 1, 3));

        log.Add(Request(4, "r4"));
        log.Add(Request(5, "r5"));

        Assert.Equal([null, null, "r3", "r4", "r5"], Models(log, 1, 5));
    }

    [Fact]
    public void What_is_found_is_what_was_added()
    {
        var log = new RequestLog();
        var none = Request(1, "é😀 model") with { Outcome = null, Phase = RequestPhase.Queued };
        var full = Request(2, "m", attempts: 3);

        log.Add(none);
        log.Add(full);

        Assert.Equal(Json(none), Json(log.Find(none.Id)));
        Assert.Equal(Json(full), Json(log.Find(full.Id)));
    }

    // Sizes that leave a rest at the block's end, wrap, and grow it, against a plain list of what must still be there.
    [Theory]
    [InlineData(1_000, 64 << 20)]
    [InlineData(7, 64 << 20)]
    [InlineData(1_000, 5_000)]
    public void Whatever_the_sizes_the_newest_are_there_whole(int capacity, int maxBytes)
    {
        const int Seed = 20_931;
        var random = new Random(Seed);
        var log = new RequestLog(capacity, maxBytes);
        var added = new List<RequestDescription>();
        for (ulong i = 1; i <= 4_000; i++)
        {
            var request = Request(i, new string('m', random.Next(1, 60)), random.Next(0, 4) * random.Next(0, 4));
            log.Add(request);
            added.Add(request);
            Assert.Equal(Json(request), Json(log.Find(request.Id)));
        }

        var kept = added.Count(request => log.Find(request.Id) is not null);
        Assert.InRange(kept, maxBytes < 64 << 20 ? 2 : capacity, capacity);
        foreach (var (index, request) in added.Index())
        {
            var found = log.Find(request.Id);
            Assert.Equal(index < added.Count - kept ? null : Json(request), found is null ? null : Json(found));
        }
    }

    [Fact]
    public void One_that_is_larger_than_all_room_is_not_kept_and_harms_no_other()
    {
        var log = new RequestLog(capacity: 10, maxBytes: 1_000);
        log.Add(Request(1, "m"));

        log.Add(Request(2, new string('m', 2_000)));

        Assert.NotNull(log.Find(new RequestId(0, 1)));
        Assert.Null(log.Find(new RequestId(0, 2)));
    }

    private static string Json(RequestDescription? request) => JsonSerializer.Serialize(request);

    private static IEnumerable<string?> Models(RequestLog log, int from, int to) =>
        Enumerable.Range(from, to).Select(i => log.Find(new RequestId(0, (ulong)i))?.Model);

    private static RequestDescription Request(ulong id, string model, int attempts = 1) => new()
    {
        Id = new RequestId(0, id),
        Pool = new PoolName("sim"),
        Tenant = id % 2 == 0 ? new TenantId("acme") : default,
        Model = model,
        Streaming = id % 2 == 0,
        Phase = RequestPhase.Completed,
        Outcome = RequestOutcome.Completed,
        DeadlineRemainingMs = 12.5,
        QueuedMs = id % 3 == 0 ? 3.5 : null,
        QueuedFor = id % 3 == 0 ? QueueReason.Instance : null,
        AdmittedAt = id % 5 == 0 ? null : new DateTimeOffset(2026, 2, 3, 4, 5, 6, 7, TimeSpan.Zero),
        AgeMs = id,
        Unhosted = id % 3 == 0 ? BypassCause.Failed : null,
        TokensSent = 7,
        Attempts = [.. Enumerable.Range(1, attempts).Select(Attempt)],
    };

    private static AttemptDescription Attempt(int number) => new()
    {
        Number = number,
        Prefill = new BindingHalfDescription("p1", 3, "inc-p"),
        Decode = new BindingHalfDescription("d1", 4, new string('i', number * 9)),
        Cause = number == 1 ? null : AttemptCause.TransferFailed,
        FailedLeg = number == 1 ? null : LegKind.Decode,
        TokensBefore = number * 11,
        TokensSent = number,
        QueuedMs = number == 2 ? 0.125 : null,
        QueuedFor = number == 2 ? QueueReason.Room : null,
        BoundMs = 0.25,
        Bypass = number == 3 ? BypassCause.Late : null,
        PrefillStartedMs = number,
        PrefillDoneMs = number % 2 == 0 ? number : null,
        EndedMs = 9.75,
        Evidence = number == 2 ? EvidenceKind.Dead : null,
        Continuation = number == 3 ? ContinuationKind.Refuse : null,
        ContinuationRefusal = number == 3 ? ContinuationRefusal.NotCounted : null,
        Next = number == 2 ? NextStepKind.FailOver : null,
        BackoffMs = number == 2 ? 17.25 : null,
        RetryRefusal = number == 3 ? RetryRefusal.BudgetUsedUp : null,
    };
}
