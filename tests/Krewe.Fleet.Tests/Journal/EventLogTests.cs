using Krewe.Core.Identity;
using Krewe.Fleet.Journal;
using Krewe.Testing;

namespace Krewe.Fleet.Tests.Journal;

public sealed class EventLogTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void It_keeps_the_newest_and_gives_them_newest_first()
    {
        var log = new EventLog(_time, capacity: 5);
        for (var i = 1; i <= 12; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            log.Add(Entry("a", $"to{i}"));
        }

        var newest = log.Newest(null, 100);

        Assert.Equal(["to12", "to11", "to10", "to9", "to8"], newest.Select(entry => entry.To));
        Assert.Equal([12L, 11, 10, 9, 8], newest.Select(entry => entry.Sequence));
        Assert.Equal(_time.GetUtcNow(), newest[0].At);
        Assert.Equal(["to12", "to11"], log.Newest(null, 2).Select(entry => entry.To));
        Assert.Empty(log.Newest(null, 0));
        Assert.Empty(log.Newest(null, -1));
    }

    [Fact]
    public void It_tells_one_pool_from_another()
    {
        var log = new EventLog(_time, capacity: 10);
        log.Add(Entry("a", "1"));
        log.Add(Entry("b", "2"));
        log.Add(Entry("a", "3"));

        Assert.Equal(["3", "1"], log.Newest(new PoolName("a"), 10).Select(entry => entry.To));
        Assert.Empty(log.Newest(new PoolName("c"), 10));
    }

    [Fact]
    public void Many_at_once_are_all_numbered()
    {
        var log = new EventLog(_time, capacity: 1000);

        Parallel.For(0, 1000, i => log.Add(Entry("a", $"{i}")));

        Assert.Equal(Enumerable.Range(1, 1000).Select(i => (long)i).Reverse(), log.Newest(null, 2000).Select(entry => entry.Sequence));
    }

    private static FleetEvent Entry(string pool, string to) => new() { Pool = new PoolName(pool), What = "liveness", From = "-", To = to, Cause = "test" };
}
