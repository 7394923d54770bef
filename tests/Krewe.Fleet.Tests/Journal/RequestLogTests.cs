using Krewe.Core.Identity;
using Krewe.Fleet.Journal;

namespace Krewe.Fleet.Tests.Journal;

public sealed class RequestLogTests
{
    [Fact]
    public void The_oldest_goes_first_and_the_first_word_on_a_request_counts()
    {
        var log = new RequestLog<string>(capacity: 3);
        for (ulong i = 1; i <= 3; i++)
        {
            log.Add(new RequestId(0, i), $"r{i}");
        }

        log.Add(new RequestId(0, 2), "again");
        Assert.Equal(["r1", "r2", "r3"], Enumerable.Range(1, 3).Select(i => log.Find(new RequestId(0, (ulong)i))));

        log.Add(new RequestId(0, 4), "r4");
        log.Add(new RequestId(0, 5), "r5");

        Assert.Equal([null, null, "r3", "r4", "r5"], Enumerable.Range(1, 5).Select(i => log.Find(new RequestId(0, (ulong)i))));
    }
}
