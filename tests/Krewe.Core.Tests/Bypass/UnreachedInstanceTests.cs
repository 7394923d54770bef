using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Tests.Routing;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Bypass;

public sealed class UnreachedInstanceTests
{
    private const int Limit = 5;

    private static readonly Epoch One = new(1);
    private static readonly Monotonic Now = new(TimeSpan.FromHours(1).Ticks);

    [Fact]
    public void What_is_taken_counts_on_top_of_the_actor_s_last_word_up_to_the_limit()
    {
        var books = new UnreachedInstance(Views.Of("a", requests: 3, limit: Limit, tokens: 30), Now);

        Assert.Equal([BypassVerdict.Bound, BypassVerdict.Bound, BypassVerdict.Full], [Take(books, 1), Take(books, 2), Take(books, 3)]);
        Assert.Equal((5, 50L, 2), (books.Seen.Load.ReservedRequests, books.Seen.Load.ReservedTokens, books.Untaken));
        Assert.Equal((3, 30L), (books.Word.Load.ReservedRequests, books.Word.Load.ReservedTokens));
    }

    [Fact]
    public void What_is_given_back_makes_room_whether_the_actor_counts_it_or_not()
    {
        var books = new UnreachedInstance(Views.Of("a", requests: 4, limit: Limit, tokens: 40), Now);
        Assert.Equal(BypassVerdict.Bound, Take(books, 1));

        books.GiveBack(Leg(1), One, 10);
        Assert.Equal((4, 40L), (books.Seen.Load.ReservedRequests, books.Seen.Load.ReservedTokens));
        books.GiveBack(Leg(100), One, 10);
        Assert.Equal((3, 30L), (books.Seen.Load.ReservedRequests, books.Seen.Load.ReservedTokens));
        books.GiveBack(Leg(101), new Epoch(0), 10);
        Assert.Equal((3, 30L), (books.Seen.Load.ReservedRequests, books.Seen.Load.ReservedTokens));
    }

    [Fact]
    public void A_newer_word_stands_with_what_the_actor_has_not_taken_over()
    {
        var books = new UnreachedInstance(Views.Of("a", requests: 4, limit: Limit), Now);
        Take(books, 1);
        books.GiveBack(Leg(100), One, 10);

        books.Told(Views.Of("a", requests: 2, limit: Limit, counter: 2));
        Assert.Equal(3, books.Seen.Load.ReservedRequests);
        books.Told(Views.Of("a", requests: 0, limit: Limit, counter: 1));
        Assert.Equal(3, books.Seen.Load.ReservedRequests);

        books.Told(Views.Of("a", limit: Limit, epoch: 2));
        Assert.Equal((0, 0), (books.Seen.Load.ReservedRequests, books.Untaken));
        Assert.Equal(BypassVerdict.EpochMoved, Take(books, 2));
    }

    [Fact]
    public void Once_it_answers_its_own_word_is_all_that_counts()
    {
        var books = new UnreachedInstance(Views.Of("a", requests: 1, limit: Limit), Now);
        Take(books, 1);
        Take(books, 2);

        books.TookOver([Leg(1)]);
        Assert.True(books.Answers);
        Assert.Equal(1, books.Untaken);
        books.Lost(Now + TimeSpan.FromMinutes(9));
        Assert.False(books.Answers);
        Assert.Equal(BypassVerdict.Bound, books.TryTake(Leg(3), 10, One, Now + TimeSpan.FromMinutes(10), BypassRule.DefaultLimit));
        books.TookOver([Leg(2), Leg(3)]);
        Assert.Equal((0, books.Word.Load), (books.Untaken, books.Seen.Load));
    }

    [Fact]
    public void It_is_never_bound_above_its_limit_nor_counted_below_nothing()
    {
        // 0..9 take, 10..19 give back, 20 a newer word, 21 it answers.
        var steps = Gen.Choose(0, 21).ListOf().Select(list => list.ToArray());
        Prop.ForAll(steps.ToArbitrary(), Holds).QuickCheckThrowOnFailure();

        static bool Holds(int[] steps)
        {
            var (books, held, counter) = (new UnreachedInstance(Views.Of("a", requests: 2, limit: Limit), Now), new HashSet<int>(), 1);
            foreach (var step in steps)
            {
                switch (step)
                {
                    case < 10:
                        var before = books.Seen.Load.Requests;
                        var isHeld = held.Contains(step);
                        if (Take(books, step) == BypassVerdict.Bound)
                        {
                            held.Add(step);
                            if (!isHeld && before >= Limit)
                            {
                                return false;
                            }
                        }

                        break;
                    case < 20 when held.Remove(step - 10):
                        books.GiveBack(Leg(step - 10), One, 10);
                        break;
                    case 20:
                        books.Told(Views.Of("a", requests: 1, limit: Limit, counter: ++counter));
                        break;
                    case 21:
                        books.TookOver(held.Select(Leg));
                        books.Told(Views.Of("a", requests: held.Count, limit: Limit, counter: ++counter));
                        held.Clear();
                        break;
                }

                if (books.Seen.Load is not { ReservedRequests: >= 0, ReservedTokens: >= 0 } || books.Untaken != held.Count)
                {
                    return false;
                }
            }

            return true;
        }
    }

    private static BypassVerdict Take(UnreachedInstance books, int number) => books.TryTake(Leg(number), 10, One, Now, BypassRule.DefaultLimit);

    private static AttemptLeg Leg(int number) => new(new AttemptId(new RequestId(1, (ulong)number), 1), LegKind.Whole);
}
