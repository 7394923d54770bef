using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Limits;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Limits;

public sealed class TokenBucketTests
{
    private static readonly Monotonic Start = new(1_000);

    [Fact]
    public void A_minute_s_worth_may_be_had_at_once_and_then_as_it_flows_in()
    {
        var bucket = new TokenBucket(60, Start);

        Assert.All(Enumerable.Range(0, 60), item => Assert.True(bucket.TryTake(1, Start, out _), $"{item}"));
        Assert.False(bucket.TryTake(1, Start, out var wait));
        Assert.Equal(1, wait.TotalSeconds, 6);
        Assert.False(bucket.TryTake(1, Start + TimeSpan.FromMilliseconds(999), out _));
        Assert.True(bucket.TryTake(1, Start + TimeSpan.FromSeconds(1), out _));
        Assert.Equal(60, bucket.UntilFull(Start + TimeSpan.FromSeconds(1)).TotalSeconds, 6);
    }

    [Fact]
    public void What_is_larger_than_the_bucket_is_given_when_it_is_full_and_is_paid_back()
    {
        var bucket = new TokenBucket(100, Start);

        Assert.True(bucket.TryTake(300, Start, out _));
        Assert.False(bucket.TryTake(1, Start, out var wait));
        Assert.Equal(2.01, wait.TotalMinutes, 6);
        Assert.True(bucket.TryTake(1, Start + wait, out _));
    }

    [Fact]
    public void What_was_not_used_comes_back_whole_and_what_was_used_beyond_is_taken()
    {
        var bucket = new TokenBucket(100, Start);
        bucket.TryTake(5_000, Start, out _);

        bucket.Return(4_990, Start);
        Assert.Equal(90, bucket.Remaining(Start));

        bucket.Return(-100, Start);
        Assert.Equal(0, bucket.Remaining(Start));
        Assert.Equal(1.1, bucket.UntilFull(Start).TotalMinutes, 6);
    }

    [Fact]
    public void A_debt_is_paid_back_within_ten_minutes()
    {
        var bucket = new TokenBucket(100, Start);

        bucket.Return(-1_000_000, Start);

        Assert.True(bucket.TryTake(1, Start + TimeSpan.FromMinutes(TokenBucket.MaxDebtMinutes) + TimeSpan.FromSeconds(1), out _));
    }

    [Fact]
    public void Over_any_time_no_more_is_given_than_a_full_bucket_and_what_flowed_in() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<(PositiveInt PerMinute, (byte Units, ushort Milliseconds)[] Calls)>(),
            given =>
            {
                var limit = given.PerMinute.Get;
                var bucket = new TokenBucket(limit, Start);
                var (now, taken) = (Start, 0.0);
                foreach (var (units, milliseconds) in given.Calls)
                {
                    now += TimeSpan.FromMilliseconds(milliseconds);
                    var ask = Math.Min(units, limit);
                    if (!bucket.TryTake(ask, now, out var wait))
                    {
                        // What it says of the wait is true.
                        Assert.True(wait > TimeSpan.Zero);
                        now += wait;
                        Assert.True(bucket.TryTake(ask, now, out _));
                    }

                    taken += ask;
                    Assert.True(taken <= limit + ((now - Start).TotalMinutes * limit) + 0.001);
                    Assert.InRange(bucket.Remaining(now), 0, limit);
                }
            }).QuickCheckThrowOnFailure();
}
