using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Limits;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Limits;

public sealed class CallerBooksTests
{
    private static readonly Monotonic Start = new(1_000);

    [Fact]
    public void A_raised_limit_counts_at_once_and_what_was_used_stays_used()
    {
        var books = new CallerBooks(new CallerLimits(RequestsPerMinute: 3), Start);
        Enter(books, 3);
        Assert.False(books.TryEnter(Start, out _));

        books.Change(new CallerLimits(RequestsPerMinute: 5), Start);

        Enter(books, 2);
        Assert.False(books.TryEnter(Start, out var wait));
        Assert.Equal(12, wait.TotalSeconds, 6);
    }

    [Fact]
    public void A_lowered_limit_counts_at_once_and_lets_in_again_what_fits_beside_what_was_used()
    {
        var books = new CallerBooks(new CallerLimits(RequestsPerMinute: 100), Start);
        Enter(books, 30);

        books.Change(new CallerLimits(RequestsPerMinute: 20), Start);

        // Eleven of thirty have to drain, at twenty a minute.
        Assert.False(books.TryEnter(Start, out var wait));
        Assert.Equal(33, wait.TotalSeconds, 6);
        Assert.True(books.TryEnter(Start + wait, out _));

        books.Change(new CallerLimits(RequestsPerMinute: 100), Start + wait);
        Assert.Equal(80, books.Requests!.Remaining(Start + wait));
    }

    [Fact]
    public void However_far_a_limit_is_lowered_what_was_used_is_forgiven_after_ten_minutes()
    {
        var books = new CallerBooks(new CallerLimits(RequestsPerMinute: 10_000), Start);
        Enter(books, 10_000);

        books.Change(new CallerLimits(RequestsPerMinute: 1), Start);

        Assert.False(books.TryEnter(Start + TimeSpan.FromMinutes(TokenBucket.MaxDebtMinutes), out _));
        Assert.True(books.TryEnter(Start + TimeSpan.FromMinutes(TokenBucket.MaxDebtMinutes + 1), out _));
    }

    [Fact]
    public void What_runs_is_counted_whatever_limit_there_was_when_it_began()
    {
        var books = new CallerBooks(new CallerLimits(), Start);
        var first = Begin(books);
        var second = Begin(books);

        books.Change(new CallerLimits(MaxRunning: 2), Start);
        Assert.Equal(LimitVerdict.TooManyRunning, books.TryBegin(1, Start, out _, out _));
        books.End(first, 1, Start);
        var third = Begin(books);

        books.Change(new CallerLimits(MaxRunning: 1), Start);
        books.End(second, 1, Start);
        Assert.Equal(LimitVerdict.TooManyRunning, books.TryBegin(1, Start, out _, out _));
        books.Change(new CallerLimits(MaxRunning: 3), Start);
        var fourth = Begin(books);
        books.End(third, 1, Start);
        books.End(fourth, 1, Start);
        Assert.Equal(0, books.Running);
    }

    [Fact]
    public void What_was_taken_under_a_limit_is_settled_under_another_and_what_was_taken_without_one_is_not()
    {
        var books = new CallerBooks(new CallerLimits(TokensPerMinute: 1_000), Start);
        Assert.Equal(LimitVerdict.Granted, books.TryBegin(900, Start, out var early, out _));
        books.Change(new CallerLimits(TokensPerMinute: 20), Start);
        books.End(early, 5, Start);
        Assert.Equal(15, books.Tokens!.Remaining(Start));

        books.Change(new CallerLimits(), Start);
        Assert.Equal(LimitVerdict.Granted, books.TryBegin(5_000, Start, out var free, out _));
        books.Change(new CallerLimits(TokensPerMinute: 100), Start);
        Assert.Equal(LimitVerdict.Granted, books.TryBegin(60, Start, out var late, out _));
        books.End(free, 4_000, Start);
        Assert.Equal(40, books.Tokens!.Remaining(Start));
        books.End(late, 60, Start);
        Assert.Equal(40, books.Tokens.Remaining(Start));
    }

    [Fact]
    public void Whatever_comes_goes_and_changes_the_books_are_those_of_the_model()
    {
        var met = new Dictionary<string, int>();
        var calls = ArbMap.Default.GeneratorFor<(byte Kind, byte Size, ushort Milliseconds)>().ListOf(60);
        Prop.ForAll(calls.ToArbitrary(), list => Replay(list, met)).QuickCheckThrowOnFailure();
        Assert.All(
            ["entered", "refused", nameof(LimitVerdict.Granted), nameof(LimitVerdict.TooManyRunning), nameof(LimitVerdict.TooManyTokens), "changed while running", "in debt", "ended"],
            what => Assert.True(met.GetValueOrDefault(what) > 50, $"{what}: {met.GetValueOrDefault(what)}"));
    }

    private static void Replay(IEnumerable<(byte Kind, byte Size, ushort Milliseconds)> calls, Dictionary<string, int> met)
    {
        var limits = new CallerLimits(10, 100, 3);
        var (books, model, now) = (new CallerBooks(limits, Start), new CallerBooksModel(limits), Start);
        var running = new Queue<(CallerCharge Charge, (int Life, long Tokens) Begun)>();
        foreach (var (kind, size, milliseconds) in calls)
        {
            var time = TimeSpan.FromMilliseconds(milliseconds % 4 == 0 ? milliseconds / 4 : milliseconds % 100);
            now += time;
            model.Pass(time);
            switch (kind % 8)
            {
                case 0 or 1:
                    var expected = model.MayEnter();
                    var mayEnter = books.TryEnter(now, out var wait);
                    Assert.Equal(expected ?? mayEnter, mayEnter);
                    Assert.Equal(!mayEnter, wait > TimeSpan.Zero);
                    Count(mayEnter ? "entered" : "refused");
                    if (mayEnter)
                    {
                        model.Enter();
                    }

                    break;
                case 2 or 3 or 4:
                    var verdict = books.TryBegin(size, now, out var charge, out _);
                    Assert.Equal(model.MayBegin(size) ?? verdict, verdict);
                    Count(verdict.ToString());
                    if (verdict == LimitVerdict.Granted)
                    {
                        running.Enqueue((charge, model.Begin(size)));
                    }

                    break;
                case 5 or 6:
                    if (running.TryDequeue(out var one))
                    {
                        // More than was expected, too.
                        var used = size * 2;
                        books.End(one.Charge, used, now);
                        model.End(one.Begun, used);
                        Count("ended");
                    }

                    break;
                default:
                    // One in eight: each limit another, or the same again, or none.
                    limits = new CallerLimits(
                        (size & 3) == 3 ? limits.RequestsPerMinute : (size & 3) == 2 ? null : 1 + (milliseconds % 30),
                        ((size >> 2) & 3) == 3 ? limits.TokensPerMinute : ((size >> 2) & 3) == 2 ? null : 1 + (milliseconds % 300),
                        ((size >> 4) & 3) == 3 ? limits.MaxRunning : ((size >> 4) & 3) == 2 ? null : 1 + (milliseconds % 5));
                    books.Change(limits, now);
                    model.Change(limits);
                    Count(running.Count > 0 ? "changed while running" : "changed");
                    break;
            }

            Assert.Equal(running.Count, books.Running);
            Assert.Equal(model.Running, books.Running);
            Compare(model.RequestsUsed, books.Requests, now);
            Compare(model.TokensUsed, books.Tokens, now);
            if (model.TokensUsed > books.Tokens?.PerMinute)
            {
                Count("in debt");
            }
        }

        void Count(string what) => met[what] = met.GetValueOrDefault(what) + 1;
    }

    private static void Compare(double? used, TokenBucket? bucket, Monotonic now)
    {
        Assert.Equal(used is null, bucket is null);
        if (bucket is not null && used is { } units)
        {
            Assert.Equal(units, bucket.UntilFull(now).TotalMinutes * bucket.PerMinute, 1e-2);
            Assert.InRange(bucket.Remaining(now), Math.Max(0, bucket.PerMinute - units) - 1.01, Math.Max(0, bucket.PerMinute - units) + 0.01);
        }
    }

    private static void Enter(CallerBooks books, int times) => Assert.All(Enumerable.Range(0, times), item => Assert.True(books.TryEnter(Start, out _), $"{item}"));

    private static CallerCharge Begin(CallerBooks books)
    {
        Assert.Equal(LimitVerdict.Granted, books.TryBegin(1, Start, out var charge, out _));
        return charge;
    }
}
