using Krewe.Core.Identity;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Tests.Local.Storage;

public sealed class MemoryStateStoreTests
{
    private readonly MemoryStateStore _store = new();

    [Fact]
    public async Task It_keeps_records_by_kind_and_key_and_refuses_the_later_of_two_writers()
    {
        var (first, second) = (_store.Records<PoolIndexRecord>("kind", "key"), _store.Records<PoolIndexRecord>("kind", "key"));
        Assert.Null(await first.LoadAsync(default));
        Assert.Null(await second.LoadAsync(default));
        await first.SaveAsync(new([new PoolName("one")]), default);

        await Assert.ThrowsAsync<StoreConflictException>(() => second.SaveAsync(new([new PoolName("two")]), default));
        Assert.Equal([new PoolName("one")], (await second.LoadAsync(default))!.Pools);
        await second.SaveAsync(new([new PoolName("two")]), default);
        await Assert.ThrowsAsync<StoreConflictException>(() => first.SaveAsync(new([new PoolName("three")]), default));
        Assert.Null(await _store.Records<PoolIndexRecord>("other", "key").LoadAsync(default));
    }
}
