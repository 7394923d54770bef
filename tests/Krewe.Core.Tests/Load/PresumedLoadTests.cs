using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Load;

/// <summary>A ledger that has just begun, on an instance that is in use.</summary>
public sealed class PresumedLoadTests
{
    private const int Limit = 4;

    private static readonly Epoch One = new(1);
    private static readonly SiloId East = new("east");
    private static readonly SiloId West = new("west");

    private readonly LoadLedger _ledger = new(LedgerOptions.Default);
    private Monotonic _now = new(TimeSpan.FromHours(1).Ticks);

    public PresumedLoadTests() => _ledger.MoveTo(One);

    [Fact]
    public void The_last_word_counts_until_each_silo_has_said_what_it_holds()
    {
        Presume(3);
        Assert.Equal((3, 30L), (Load.ReservedRequests, Load.ReservedTokens));
        Assert.Equal([ReserveOutcome.Reserved, ReserveOutcome.Full], [Reserve(1), Reserve(2)]);
        Assert.Equal(4, Load.ReservedRequests);

        // Two of the three were east's, one was a silo's that died.
        _ledger.Assert(East, One, [(Leg(10), 10), (Leg(11), 10)], _now);
        Assert.Equal((4, 3), (Load.ReservedRequests, _ledger.Count));
        Assert.Equal(ReserveOutcome.Full, Reserve(2));
        _ledger.Assert(West, One, [], _now);
        Assert.Equal((3, false), (Load.ReservedRequests, _ledger.IsPresuming(_now)));
        Assert.Equal(ReserveOutcome.Reserved, Reserve(2));
    }

    [Fact]
    public void Who_has_not_spoken_in_time_is_not_waited_for()
    {
        Presume(4);
        _now += LedgerOptions.Default.PresumeLimit - TimeSpan.FromTicks(1);
        Assert.Equal(ReserveOutcome.Full, Reserve(1));
        _now += TimeSpan.FromTicks(1);
        Assert.False(_ledger.IsPresuming(_now));
        Assert.Equal(ReserveOutcome.Reserved, Reserve(1));
        Assert.Equal(1, Load.ReservedRequests);
    }

    [Fact]
    public void Who_is_gone_is_not_waited_for()
    {
        Presume(4);
        _ledger.Assert(East, One, [(Leg(1), 10)], _now);
        _ledger.DropSilos(silo => silo == West);
        Assert.Equal((1, false), (Load.ReservedRequests, _ledger.IsPresuming(_now)));
    }

    [Fact]
    public void What_is_claimed_beyond_what_was_presumed_counts_too()
    {
        Presume(1);
        _ledger.Assert(East, One, [(Leg(1), 10), (Leg(2), 10)], _now);
        Assert.Equal((2, 20L), (Load.ReservedRequests, Load.ReservedTokens));
    }

    [Fact]
    public void Another_epoch_s_last_word_says_nothing()
    {
        _ledger.Presume(new LoadSnapshot(3, 30, 0, default), new Epoch(2), [East], _now);
        Assert.Equal(0, Load.ReservedRequests);
        Presume(3);
        _ledger.MoveTo(new Epoch(2));
        Assert.Equal((0, 0L), (Load.ReservedRequests, Load.ReservedTokens));
    }

    [Fact]
    public void Nothing_is_presumed_of_an_idle_instance_or_where_nobody_lives()
    {
        Presume(0);
        Assert.False(_ledger.IsPresuming(_now));
        _ledger.Presume(new LoadSnapshot(3, 30, 0, default), One, [], _now);
        Assert.Equal(0, Load.ReservedRequests);
    }

    private LoadSnapshot Load => _ledger.Snapshot(_now);

    private void Presume(int requests) => _ledger.Presume(new LoadSnapshot(requests, requests * 10, 0, default), One, [East, West], _now);

    private ReserveOutcome Reserve(int leg) => _ledger.Reserve(Leg(leg), One, East, 10, Limit, _now);

    private static AttemptLeg Leg(int number) => new(new AttemptId(new RequestId(7, (ulong)number), 1), LegKind.Whole);
}
