using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Local;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Tests.Storage;

/// <summary>A store that was emptied under running actors: they know more than it does.</summary>
public sealed class EmptiedStoreTests : IDisposable
{
    private readonly Emptied _store = new();
    private readonly World _world;

    public EmptiedStoreTests() => _world = new World(_store);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task What_it_has_lost_is_written_again_though_nothing_changes()
    {
        await _world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        await _world.RunAsync(_world.Host.PoolIndex.AddAsync(World.Pool));
        await _world.ActivateAsync("a");

        _store.Empty();
        _world.Advance(_world.Services.Options.RewriteInterval * 2);
        await _world.RunAsync(_world.Host.PoolIndex.ListAsync());

        using var next = new World(_store, _world.Time);
        await next.RunAsync(next.Host.Pool(World.Pool).NudgeAsync());
        await next.UntilAsync(() => next.Services.View.Find(World.Pool)?.Definition is not null);
        await next.RunAsync(next.Instance("a").NudgeAsync());
        Assert.Equal([World.Pool], await next.RunAsync(next.Host.PoolIndex.ListAsync()));
        Assert.Equal(new Epoch(1), next.View("a")!.Epoch);
    }

    [Fact]
    public async Task An_activation_that_finds_nothing_goes_on_from_what_the_silo_has_seen()
    {
        await _world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        await _world.ActivateAsync("a");
        var second = await _world.RunAsync(_world.Instance("a").RegisterAsync(World.Registration("a") with { Url = new Uri("http://elsewhere.test/") }));
        Assert.Equal(new Epoch(2), second.Epoch);
        _store.Empty();

        // Another activation of the same silo, as after a host has let the first one go.
        await using var host = new LocalActorHost(_store, _world.Services, _world.Scheduler);
        var reply = await _world.RunAsync(host.Instance(World.Id("a")).RegisterAsync(World.Registration("a", "two")));

        Assert.True(reply.Verdict == InstanceVerdict.NameInUse || reply.Epoch == new Epoch(3), $"{reply}");
        await _world.RunAsync(host.Pool(World.Pool).NudgeAsync());
        Assert.NotNull(await _world.RunAsync(host.Pool(World.Pool).DescribeAsync()));
    }

    private sealed class Emptied : IStateStore
    {
        private MemoryStateStore _inner = new();

        public void Empty() => _inner = new MemoryStateStore();

        public IRecordStore<TRecord> Records<TRecord>(string kind, string key)
            where TRecord : class => new Row<TRecord>(this, kind, key);

        private sealed class Row<TRecord>(Emptied owner, string kind, string key) : IRecordStore<TRecord>
            where TRecord : class
        {
            private (MemoryStateStore Of, IRecordStore<TRecord> Record)? _known;

            private IRecordStore<TRecord> Now
            {
                get
                {
                    if (_known is not { } known || known.Of != owner._inner)
                    {
                        _known = known = (owner._inner, owner._inner.Records<TRecord>(kind, key));
                    }

                    return known.Record;
                }
            }

            public Task<TRecord?> LoadAsync(CancellationToken cancellationToken) => Now.LoadAsync(cancellationToken);

            public Task SaveAsync(TRecord record, CancellationToken cancellationToken) => Now.SaveAsync(record, cancellationToken);
        }
    }
}
