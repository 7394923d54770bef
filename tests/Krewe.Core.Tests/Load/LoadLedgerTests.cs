using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Load;

public sealed class LoadLedgerTests
{
    private static readonly Epoch One = new(1);
    private static readonly Epoch Two = new(2);
    private static readonly SiloId East = new("east");
    private static readonly SiloId West = new("west");

    private readonly LoadLedger _ledger = new(LedgerOptions.Default);
    private Monotonic _now = new(TimeSpan.FromHours(1).Ticks);

    public LoadLedgerTests() => _ledger.MoveTo(One);

    [Fact]
    public void A_new_ledger_is_empty_and_takes_nothing_before_its_first_epoch()
    {
        var ledger = new LoadLedger(LedgerOptions.Default);

        Assert.Equal(ReserveOutcome.EpochMoved, ledger.Reserve(Leg(1), Epoch.None, East, 1, 10, _now));
        ledger.Assert(East, Epoch.None, [(Leg(1), 1)], _now);
        ledger.Report(Epoch.None, Reported(5), _now);

        Assert.Equal(default, ledger.Snapshot(_now));
        Assert.True(ledger.IsEmpty);
        Assert.Null(ledger.ReportAge(_now));
    }

    [Fact]
    public void A_reserve_holds_once_and_a_release_gives_back_once()
    {
        Assert.Equal(ReserveOutcome.Reserved, Reserve(1, tokens: 70));
        Assert.Equal(ReserveOutcome.AlreadyReserved, Reserve(1, tokens: 70));
        Assert.Equal((1, 70), (Load.ReservedRequests, Load.ReservedTokens));

        Assert.True(_ledger.Release(Leg(1), One, _now));
        Assert.False(_ledger.Release(Leg(1), One, _now));
        Assert.Equal(default, Load);
    }

    [Fact]
    public void The_legs_of_one_attempt_are_apart()
    {
        Assert.Equal(ReserveOutcome.Reserved, _ledger.Reserve(new AttemptLeg(Attempt(1), LegKind.Prefill), One, East, 1, 10, _now));
        Assert.Equal(ReserveOutcome.Reserved, _ledger.Reserve(new AttemptLeg(Attempt(1), LegKind.Decode), One, East, 2, 10, _now));

        _ledger.Release(new AttemptLeg(Attempt(1), LegKind.Prefill), One, _now);

        Assert.Equal((1, 2), (Load.ReservedRequests, Load.ReservedTokens));
    }

    [Fact]
    public void A_late_reserve_after_its_release_is_refused_for_10_s()
    {
        Assert.False(_ledger.Release(Leg(1), One, _now));
        Assert.Equal(ReserveOutcome.AlreadyReleased, Reserve(1));
        Wait(9.999);
        Assert.Equal(ReserveOutcome.AlreadyReleased, Reserve(1));
        Wait(0.001);

        Assert.Equal(ReserveOutcome.Reserved, Reserve(1));
    }

    [Fact]
    public void A_released_leg_is_not_adopted_by_a_late_assertion()
    {
        Reserve(1);
        _ledger.Release(Leg(1), One, _now);

        _ledger.Assert(East, One, [(Leg(1), 5)], _now);

        Assert.True(_ledger.IsEmpty);
    }

    [Fact]
    public void The_count_of_remembered_releases_is_bounded()
    {
        var ledger = new LoadLedger(new LedgerOptions { MaxTombstones = 3 });
        ledger.MoveTo(One);
        for (var i = 1; i <= 4; i++)
        {
            ledger.Release(Leg(i), One, _now);
        }

        Assert.Equal(ReserveOutcome.Reserved, ledger.Reserve(Leg(1), One, East, 1, 10, _now));
        Assert.Equal(ReserveOutcome.AlreadyReleased, ledger.Reserve(Leg(2), One, East, 1, 10, _now));
    }

    [Fact]
    public void Full_at_the_limit_and_not_beyond()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(ReserveOutcome.Reserved, Reserve(i, limit: 3));
        }

        Assert.Equal(ReserveOutcome.Full, Reserve(9, limit: 3));
        Assert.Equal(ReserveOutcome.AlreadyReserved, Reserve(1, limit: 3));
        _ledger.Release(Leg(1), One, _now);
        Assert.Equal(ReserveOutcome.Reserved, Reserve(9, limit: 3));
        Assert.Equal(ReserveOutcome.Full, Reserve(10, limit: 0));
    }

    [Fact]
    public void What_the_engine_runs_for_others_counts_against_the_limit()
    {
        _ledger.Report(One, Reported(2), _now);

        Assert.Equal(ReserveOutcome.Reserved, Reserve(1, limit: 3));
        Assert.Equal(ReserveOutcome.Full, Reserve(2, limit: 3));
        Wait(5);
        Assert.Equal(ReserveOutcome.Reserved, Reserve(2, limit: 3));
    }

    [Fact]
    public void Another_epoch_can_neither_reserve_nor_release_nor_report_nor_assert()
    {
        Reserve(1);
        _ledger.MoveTo(Two);
        Assert.True(_ledger.IsEmpty);
        _ledger.Reserve(Leg(1), Two, East, 7, 10, _now);

        Assert.False(_ledger.Release(Leg(1), One, _now));
        Assert.Equal(ReserveOutcome.EpochMoved, Reserve(2));
        Assert.Equal(ReserveOutcome.EpochMoved, _ledger.Reserve(Leg(2), new Epoch(3), East, 1, 10, _now));
        _ledger.Report(One, Reported(9), _now);
        _ledger.Assert(East, One, [(Leg(3), 1)], _now);

        Assert.Equal(new LoadSnapshot(1, 7, 0, default), Load);
    }

    [Fact]
    public void Moving_to_an_older_or_the_same_epoch_changes_nothing()
    {
        _ledger.MoveTo(Two);
        _ledger.Reserve(Leg(1), Two, East, 7, 10, _now);

        _ledger.MoveTo(One);
        _ledger.MoveTo(Two);

        Assert.Equal((Two, 1), (_ledger.Epoch, _ledger.Count));
    }

    [Fact]
    public void Moving_forgets_the_old_epochs_report()
    {
        _ledger.Report(One, Reported(9), _now);

        _ledger.MoveTo(Two);

        Assert.Equal(default, Load);
        Assert.Null(_ledger.ReportAge(_now));
    }

    [Fact]
    public void What_nobody_asserts_expires_after_6_s_and_what_is_asserted_does_not()
    {
        Reserve(1);
        Reserve(2, tokens: 30);
        Wait(2);
        _ledger.Assert(East, One, [(Leg(2), 30)], _now);
        Wait(3.999);
        Assert.Empty(_ledger.Expire(_now));
        Wait(0.001);

        Assert.Equal([Leg(1)], _ledger.Expire(_now));

        Assert.Equal((1, 30), (Load.ReservedRequests, Load.ReservedTokens));
        Assert.False(_ledger.Release(Leg(1), One, _now));
    }

    [Fact]
    public void An_expired_one_whose_silo_was_only_slow_is_taken_back()
    {
        Reserve(1);
        Wait(6);
        _ledger.Expire(_now);

        _ledger.Assert(East, One, [(Leg(1), 12)], _now);

        Assert.Equal((1, 12), (Load.ReservedRequests, Load.ReservedTokens));
    }

    [Fact]
    public void A_new_activation_learns_from_assertions_what_is_held_even_beyond_a_limit()
    {
        _ledger.Assert(East, One, [(Leg(1), 10), (Leg(2), 20)], _now);
        _ledger.Assert(West, One, [(Leg(3), 30)], _now);

        Assert.Equal((3, 60), (Load.ReservedRequests, Load.ReservedTokens));
        Assert.Equal(ReserveOutcome.Full, Reserve(4, limit: 2));
        Assert.True(_ledger.Release(Leg(2), One, _now));
    }

    [Fact]
    public void What_is_held_is_bounded_however_much_is_asserted()
    {
        var ledger = new LoadLedger(new LedgerOptions { MaxReservations = 5 });
        ledger.MoveTo(One);

        ledger.Assert(East, One, [.. Enumerable.Range(0, 100).Select(i => (Leg(i), 1L))], _now);

        Assert.Equal(5, ledger.Count);
        Assert.Equal(ReserveOutcome.Full, ledger.Reserve(Leg(200), One, East, 1, 1000, _now));
    }

    [Fact]
    public void A_silo_that_is_gone_takes_its_reservations_with_it()
    {
        Reserve(1);
        _ledger.Reserve(Leg(2), One, West, 5, 10, _now);

        Assert.Equal(1, _ledger.DropSilos(silo => silo == East));

        Assert.Equal((1, 5), (Load.ReservedRequests, Load.ReservedTokens));
        Assert.Equal(0, _ledger.DropSilos(silo => silo == East));
    }

    [Fact]
    public void What_the_engine_reports_beyond_the_dispatched_is_external()
    {
        Reserve(1);
        Reserve(2);

        _ledger.Report(One, new ReportedLoad(2, 3, 0.5, 100, 0, 0), _now);

        Assert.Equal((2, 3, 5), (Load.ReservedRequests, Load.ExternalRequests, Load.Requests));
        Assert.Equal(0.5, Load.Reported.KvUsage);
    }

    [Fact]
    public void A_request_that_ended_just_before_the_report_is_not_counted_as_external()
    {
        _ledger.Report(One, Reported(0), _now);
        Reserve(1);
        _ledger.Release(Leg(1), One, _now);

        _ledger.Report(One, Reported(1), _now);
        Assert.Equal(0, Load.Requests);

        // It is still there in the next one: so it is someone else's.
        _ledger.Report(One, Reported(1), _now);
        Assert.Equal(1, Load.Requests);
        _ledger.Report(One, Reported(0), _now);
        Assert.Equal(0, Load.Requests);
    }

    [Fact]
    public void A_request_that_was_dispatched_before_the_previous_report_and_ended_since_is_not_external()
    {
        Reserve(1);
        _ledger.Report(One, Reported(1), _now);
        _ledger.Release(Leg(1), One, _now);

        _ledger.Report(One, Reported(1), _now);

        Assert.Equal(0, Load.Requests);
    }

    [Fact]
    public void A_report_older_than_5_s_counts_no_more()
    {
        _ledger.Report(One, Reported(4), _now);
        Wait(4.999);
        Assert.Equal(4, Load.ExternalRequests);
        Wait(0.001);

        Assert.Equal(0, Load.ExternalRequests);
        Assert.Equal(TimeSpan.FromSeconds(5), _ledger.ReportAge(_now));
    }

    [Theory]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(int.MinValue, int.MinValue)]
    [InlineData(-5, 3)]
    public void An_absurd_report_neither_overflows_nor_turns_negative(int running, int waiting)
    {
        Reserve(1);
        _ledger.Report(One, new ReportedLoad(running, waiting, 0, 0, 0, 0), _now);

        Assert.InRange(Load.ExternalRequests, 0, int.MaxValue);
        Assert.InRange(Load.Requests, 1, int.MaxValue);
    }

    [Fact]
    public void Negative_tokens_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Reserve(1, tokens: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ledger.Assert(East, One, [(Leg(1), -1)], _now));
        Assert.True(_ledger.IsEmpty);
    }

    [Fact]
    public void Reserving_and_releasing_allocates_nothing_once_warm()
    {
        void Turn(int from)
        {
            for (var i = from; i < from + 64; i++)
            {
                Reserve(i);
            }

            for (var i = from; i < from + 64; i++)
            {
                _ledger.Release(Leg(i), One, _now);
            }

            Wait(20);
        }

        for (var i = 0; i < 50; i++)
        {
            Turn(i * 64);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 50; i++)
        {
            Turn(i * 64);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50 * 128);
    }

    private static AttemptId Attempt(int number) => new(new RequestId(7, (ulong)number), 1);

    private static AttemptLeg Leg(int number) => new(Attempt(number), LegKind.Whole);

    private static ReportedLoad Reported(int running) => new(running, 0, 0, 0, 0, 0);

    private ReserveOutcome Reserve(int number, long tokens = 1, int limit = 100) => _ledger.Reserve(Leg(number), One, East, tokens, limit, _now);

    private LoadSnapshot Load => _ledger.Snapshot(_now);

    private void Wait(double seconds) => _now += TimeSpan.FromSeconds(seconds);
}
