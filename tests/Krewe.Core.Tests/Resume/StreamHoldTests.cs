using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Resume;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Resume;

/// <summary>Which events are kept, who reads them, and for how long.</summary>
public sealed class StreamHoldTests
{
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(10);

    private static Monotonic At(double seconds) => Monotonic.Zero + TimeSpan.FromSeconds(seconds);

    [Fact]
    public void What_was_sent_is_dropped_only_where_there_is_no_room_and_what_was_not_sent_never()
    {
        var hold = new StreamHold(Keep, 100);
        Assert.Equal(AttachResult.Attached, hold.Attach(-1));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(i, hold.Add(40));
        }

        Assert.Equal(0, hold.Trim());
        Assert.True(hold.IsFull);
        Assert.Equal(80, hold.Take(hold.Reader, 100));
        Assert.Equal(80, hold.Trim());
        Assert.Equal((2, 120L), (hold.First, hold.Bytes));
        Assert.True(hold.IsFull);
        Assert.Equal(40, hold.Take(hold.Reader, 1));
        Assert.False(hold.IsFull);
    }

    [Fact]
    public void What_was_sent_last_is_kept_where_nobody_reads_since_it_need_not_have_come()
    {
        var hold = new StreamHold(Keep, 100);
        hold.Attach(-1);
        for (var i = 0; i < 6; i++)
        {
            hold.Add(10);
        }

        Assert.Equal(60, hold.Take(hold.Reader, long.MaxValue));
        hold.Leave(hold.Reader, At(1));
        Assert.Equal(30, hold.Trim(0));
        Assert.Equal((3, 6), (hold.First, hold.Position));
        for (var i = 0; i < 7; i++)
        {
            Assert.False(hold.IsFull);
            hold.Add(10);
        }

        hold.Add(10);
        Assert.True(hold.IsFull);
        Assert.Equal(AttachResult.Attached, hold.Attach(2));
        Assert.False(hold.IsFull && hold.Take(hold.Reader, 10) == 0);
    }

    [Fact]
    public void A_reader_goes_on_behind_the_event_that_it_names()
    {
        var hold = new StreamHold(Keep, 1_000);
        hold.Attach(-1);
        for (var i = 0; i < 20; i++)
        {
            hold.Add(i + 1);
        }

        Assert.Equal(210, hold.Take(hold.Reader, long.MaxValue));
        Assert.Equal(AttachResult.Attached, hold.Attach(16));
        Assert.Equal(18 + 19 + 20, hold.Take(hold.Reader, long.MaxValue));
        Assert.Equal(AttachResult.Attached, hold.Attach(19));
        Assert.Equal(0, hold.Take(hold.Reader, long.MaxValue));
        Assert.Equal(AttachResult.Ahead, hold.Attach(20));
        hold.Trim(60);
        Assert.Equal((17, AttachResult.Missed, AttachResult.Attached), (hold.First, hold.Attach(15), hold.Attach(16)));
    }

    [Fact]
    public void The_newer_reader_wins_and_the_older_one_s_leaving_changes_nothing()
    {
        var hold = new StreamHold(Keep, 1_000);
        hold.Attach(-1);
        var older = hold.Reader;
        hold.Add(5);
        hold.Attach(-1);
        Assert.False(hold.IsReader(older));
        Assert.Equal(0, hold.Take(older, 100));
        Assert.False(hold.Leave(older, At(1)));
        Assert.Null(hold.Due);
        Assert.Equal(5, hold.Take(hold.Reader, 100));
        Assert.True(hold.Leave(hold.Reader, At(2)));
        Assert.Equal(At(12), hold.Due);
    }

    [Fact]
    public void A_running_request_is_abandoned_when_nobody_has_come_back_in_time()
    {
        var hold = new StreamHold(Keep, 1_000);
        hold.Attach(-1);
        hold.Add(5);
        hold.Take(hold.Reader, 100);
        hold.Leave(hold.Reader, At(1));
        Assert.Equal(HoldVerdict.Keep, hold.Check(At(10.9)));
        Assert.Equal(AttachResult.Attached, hold.Attach(0));
        Assert.Equal(HoldVerdict.Keep, hold.Check(At(100)));
        hold.Leave(hold.Reader, At(100));
        Assert.Equal(HoldVerdict.Abandon, hold.Check(At(110)));
        Assert.Equal(AttachResult.Missed, hold.Attach(0));
        hold.End(At(110));
        Assert.Equal(HoldVerdict.Forget, hold.Check(At(110)));
    }

    [Fact]
    public void A_request_that_ends_while_nobody_reads_is_kept_for_the_rest_of_the_time()
    {
        var hold = new StreamHold(Keep, 1_000);
        hold.Attach(-1);
        hold.Add(5);
        hold.Take(hold.Reader, 100);
        hold.Leave(hold.Reader, At(1));
        hold.Add(5);
        hold.End(At(8));
        Assert.Equal(HoldVerdict.Keep, hold.Check(At(10.9)));
        Assert.Equal(HoldVerdict.Forget, hold.Check(At(11)));
    }

    [Fact]
    public void A_stream_whose_reader_stays_to_the_end_is_kept_from_when_it_leaves()
    {
        var hold = new StreamHold(Keep, 1_000);
        hold.Attach(-1);
        hold.Add(5);
        hold.End(At(3));
        Assert.Equal(5, hold.Take(hold.Reader, 100));
        Assert.Null(hold.Due);
        hold.Leave(hold.Reader, At(4));
        Assert.Equal((HoldVerdict.Keep, HoldVerdict.Forget), (hold.Check(At(13.9)), hold.Check(At(14))));
    }

    [Theory]
    [InlineData(false, HoldVerdict.Abandon)]
    [InlineData(true, HoldVerdict.Forget)]
    public void Who_leaves_before_the_first_event_cannot_know_the_id_and_is_gone(bool hasEnded, HoldVerdict verdict)
    {
        var hold = new StreamHold(Keep, 1_000);
        hold.Attach(-1);
        hold.Add(5);
        if (hasEnded)
        {
            hold.End(At(1));
        }

        hold.Leave(hold.Reader, At(1));
        Assert.Equal(verdict, hold.Check(At(1)));
    }

    [Fact]
    public void What_the_client_gave_up_cannot_be_had_again()
    {
        var hold = new StreamHold(Keep, 1_000);
        hold.Attach(-1);
        hold.Add(5);
        hold.Take(hold.Reader, 100);
        hold.Abandon();
        Assert.Equal(HoldVerdict.Keep, hold.Check(At(1)));
        Assert.Equal(AttachResult.Missed, hold.Attach(0));
        hold.End(At(1));
        hold.Leave(hold.Reader, At(2));
        Assert.Equal(HoldVerdict.Forget, hold.Check(At(2)));
    }

    [Fact]
    public void Who_is_between_two_reads_when_the_client_ends_the_request_comes_back_for_the_end_and_nobody_else_does()
    {
        var hold = new StreamHold(Keep, 1_000);
        hold.Attach(-1);
        hold.Add(5);
        hold.Take(hold.Reader, 100);
        hold.Leave(hold.Reader, At(1));
        hold.Abandon();
        Assert.Equal(HoldVerdict.Abandon, hold.Check(At(2)));
        Assert.Equal((AttachResult.Missed, AttachResult.Ahead), (hold.Attach(0), hold.Attach(1)));
        Assert.Equal(AttachResult.Attached, hold.Return(0));
        Assert.Equal(0, hold.Take(hold.Reader, 100));
        hold.Leave(hold.Reader, At(3));
        hold.Add(7);
        hold.End(At(4));
        Assert.Equal(HoldVerdict.Keep, hold.Check(At(4)));
        Assert.Equal(AttachResult.Missed, hold.Attach(0));
        Assert.Equal(AttachResult.Attached, hold.Return(0));
        Assert.Equal(HoldVerdict.Keep, hold.Check(At(100)));
        Assert.Equal(7, hold.Take(hold.Reader, 100));
        hold.Leave(hold.Reader, At(99), knowsEnd: false);
        Assert.Equal(HoldVerdict.Keep, hold.Check(At(99)));
        Assert.Equal(AttachResult.Attached, hold.Return(1));
        hold.Leave(hold.Reader, At(100));
        Assert.Equal(HoldVerdict.Forget, hold.Check(At(100)));
    }

    [Theory]
    [InlineData(10, 4, 9)]
    [InlineData(4, 2, 5)]
    [InlineData(10, 9, 11)]
    [InlineData(10, 20, 20)]
    public void The_end_of_what_the_client_gave_up_waits_for_the_last_reader_a_while_and_no_longer_than_any_stream(double keep, double end, double until)
    {
        var hold = new StreamHold(TimeSpan.FromSeconds(keep), 1_000);
        hold.Attach(-1);
        hold.Add(5);
        hold.Take(hold.Reader, 100);
        hold.Leave(hold.Reader, At(1));
        hold.Abandon();
        Assert.Equal(HoldVerdict.Abandon, hold.Check(At(1)));
        hold.Add(5);
        hold.End(At(end));
        Assert.Equal(end < until ? HoldVerdict.Keep : HoldVerdict.Forget, hold.Check(At(Math.Max(end, until - 0.1))));
        Assert.Equal((HoldVerdict.Forget, true), (hold.Check(At(until)), hold.Due <= At(until)));
    }

    [Fact]
    public void Who_did_not_come_back_in_time_cannot_come_for_the_end_either()
    {
        var hold = new StreamHold(Keep, 1_000);
        hold.Attach(-1);
        hold.Add(5);
        hold.Take(hold.Reader, 100);
        hold.Leave(hold.Reader, At(1));
        Assert.Equal((HoldVerdict.Abandon, true), (hold.Check(At(11)), hold.IsGivenUp));
        Assert.Equal(AttachResult.Missed, hold.Return(0));
    }

    /// <summary>Whenever the client ends the request: its reader, which comes and goes, gets everything to the last event once and in order; newcomers get nothing.</summary>
    [Fact]
    public void A_reader_that_comes_and_goes_gets_the_end_of_what_its_client_gave_up()
    {
        var steps = Gen.Choose(0, 99).ArrayOf(60).ToArbitrary();
        Prop.ForAll(steps, Gen.Choose(0, 59).ToArbitrary(), EndsFor).QuickCheckThrowOnFailure();
    }

    /// <summary>Against a model that keeps everything: whoever attaches gets exactly what follows the event that it named.</summary>
    [Fact]
    public void Readers_that_come_and_go_get_every_event_once_and_in_order()
    {
        var steps = Gen.Choose(0, 99).ArrayOf(200).ToArbitrary();
        Prop.ForAll(steps, Holds).QuickCheckThrowOnFailure();
    }

    private static bool EndsFor(int[] steps, int cancelAt)
    {
        var hold = new StreamHold(Keep, 300);
        var (now, read, last) = (0.0, -1, -1);
        Assert.Equal(AttachResult.Attached, hold.Attach(-1));
        for (var i = 0; i < steps.Length || read < last || !hold.IsEnded; i++)
        {
            var step = i < steps.Length ? steps[i] : i % 3 == 0 ? 90 : 60;
            now += step / 100.0;
            if (i == cancelAt)
            {
                hold.Abandon();
            }

            if (i == steps.Length - 1)
            {
                last = hold.Add(1);
                hold.End(At(now));
            }
            else if (step < 40 && !hold.IsEnded)
            {
                last = hold.Add(step + 1);
            }
            else if (step < 80 && hold.Reader != 0)
            {
                var before = hold.Position;
                hold.Take(hold.Reader, step);
                Assert.Equal(read + 1, before);
                read = hold.Position - 1;
                hold.Trim();
            }
            else if (hold.Reader != 0 && read >= 0)
            {
                Assert.True(hold.Leave(hold.Reader, At(now)));
            }
            else if (hold.Reader == 0)
            {
                Assert.NotEqual(HoldVerdict.Forget, hold.Check(At(now)));
                Assert.Equal(AttachResult.Attached, hold.Return(read));
            }

            if (i >= cancelAt)
            {
                Assert.Equal(AttachResult.Missed, hold.Attach(read));
            }
        }

        Assert.Equal(last, read);
        hold.Leave(hold.Reader, At(now));
        return hold.Check(At(now)) == HoldVerdict.Forget;
    }

    private static bool Holds(int[] steps)
    {
        var hold = new StreamHold(Keep, 300);
        var all = new List<int>();
        var read = -1;
        Assert.Equal(AttachResult.Attached, hold.Attach(-1));
        foreach (var step in steps)
        {
            switch (step)
            {
                case < 50:
                    all.Add(step + 1);
                    Assert.Equal(all.Count - 1, hold.Add(step + 1));
                    break;
                case < 75:
                    var taken = hold.Take(hold.Reader, step);
                    var expected = 0L;
                    while (read + 1 < all.Count && (expected == 0 || expected + all[read + 1] <= step))
                    {
                        expected += all[++read];
                    }

                    Assert.Equal(expected, taken);
                    break;
                case < 90:
                    hold.Trim();
                    Assert.True(hold.Bytes <= 300 || hold.First == hold.Position);
                    break;
                default:
                    var after = Math.Max(-1, read - (step - 90));
                    var result = hold.Attach(after);
                    Assert.Equal(after + 1 < hold.First ? AttachResult.Missed : AttachResult.Attached, result);
                    read = result == AttachResult.Attached ? after : read;
                    break;
            }

            Assert.Equal(all.Skip(hold.First).Sum(), hold.Bytes);
            Assert.Equal(all.Skip(hold.First).Take(hold.Position - hold.First).Sum(), hold.BytesRead);
            Assert.Equal((read + 1, all.Count), (hold.Position, hold.Next));
        }

        return true;
    }
}
