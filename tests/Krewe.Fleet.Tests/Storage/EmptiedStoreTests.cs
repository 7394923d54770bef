using System.Collections.Concurrent;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Local;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Storage;

namespace Krewe.Fleet.Tests.Storage;

/// <summary>A store that was emptied under running actors: they know more than it does.</summary>
public sealed class EmptiedStoreTests : IDisposable
{
    private readonly Emptied _store = new();
    private readonly World _world;
    private int _lives;

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

    [Theory]
    [InlineData(0)] // its actor is in memory still, and has just written
    [InlineData(10)] // its actor was let go, and its pool has forgotten it
    public async Task The_epoch_of_an_instance_that_is_gone_outlives_all_silos_though_the_store_was_emptied(int minutesLater)
    {
        await _world.ConfigureAsync();
        Assert.Equal(new Epoch(2), await RemoveAsync("a", lives: 2));
        _world.Advance(TimeSpan.FromMinutes(minutesLater));
        Assert.Equal(minutesLater == 0, _world.Host.InstanceCount > 0);

        _store.Empty();
        _world.Advance(_world.Services.Options.RewriteInterval * 1.5);

        using var next = new World(_store, _world.Time);
        var reply = await next.RunAsync(next.Instance("a").RegisterAsync(World.Registration("a", "next")));
        Assert.Equal((InstanceVerdict.Accepted, new Epoch(3)), (reply.Verdict, reply.Epoch));
    }

    [Fact]
    public async Task The_epoch_of_an_instance_that_is_gone_is_written_again_over_an_older_copy()
    {
        await _world.ConfigureAsync();
        await RemoveAsync("a", lives: 1);
        var copy = _store.Copy();
        Assert.Equal(new Epoch(3), await RemoveAsync("a", lives: 2));
        _world.Advance(TimeSpan.FromMinutes(10));

        _store.Restore(copy);
        _world.Advance(_world.Services.Options.RewriteInterval * 1.5);

        using var next = new World(_store, _world.Time);
        var reply = await next.RunAsync(next.Instance("a").RegisterAsync(World.Registration("a", "next")));
        Assert.Equal((InstanceVerdict.Accepted, new Epoch(4)), (reply.Verdict, reply.Epoch));
    }

    [Fact]
    public async Task The_epoch_of_an_instance_that_is_gone_is_written_again_by_a_pool_that_comes_back_to_an_empty_store()
    {
        await _world.ConfigureAsync();
        Assert.Equal(new Epoch(2), await RemoveAsync("a", lives: 2));
        _store.Empty();
        await using (var later = new LocalActorHost(_store, _world.Services, _world.Scheduler))
        {
            await _world.RunAsync(later.Pool(World.Pool).NudgeAsync());
            _world.Advance(TimeSpan.FromSeconds(1));
        }

        using var next = new World(_store, _world.Time);
        var reply = await next.RunAsync(next.Instance("a").RegisterAsync(World.Registration("a", "next")));
        Assert.Equal((InstanceVerdict.Accepted, new Epoch(3)), (reply.Verdict, reply.Epoch));
    }

    /// <summary>Lives that follow each other, the last of which is drained.</summary>
    private async Task<Epoch> RemoveAsync(string name, int lives)
    {
        var epoch = Epoch.None;
        for (var life = 1; life <= lives; life++)
        {
            epoch = await _world.ActivateAsync(name, $"life-{++_lives}");
            var drained = await _world.RunAsync(_world.Instance(name).AdministerAsync(new AdminCommand(AdminAction.Drain, TimeSpan.FromSeconds(30))));
            Assert.Equal(InstanceVerdict.Accepted, drained);
            await _world.UntilAsync(() => _world.View(name) is { Liveness: Liveness.Removed });
        }

        return epoch;
    }

    /// <summary>Rows with versions, as databases have them: who writes against a version that is not there is refused.</summary>
    private sealed class Emptied : IStateStore
    {
        private readonly ConcurrentDictionary<(string Kind, string Key), (long Version, string Body)> _rows = new();

        public void Empty() => _rows.Clear();

        public KeyValuePair<(string Kind, string Key), (long Version, string Body)>[] Copy() => [.. _rows];

        public void Restore(KeyValuePair<(string Kind, string Key), (long Version, string Body)>[] copy)
        {
            _rows.Clear();
            foreach (var (id, row) in copy)
            {
                _rows[id] = row;
            }
        }

        public IRecordStore<TRecord> Records<TRecord>(string kind, string key)
            where TRecord : class => new Row<TRecord>(_rows, (kind, key));

        private sealed class Row<TRecord>(ConcurrentDictionary<(string Kind, string Key), (long Version, string Body)> rows, (string Kind, string Key) id) : IRecordStore<TRecord>
            where TRecord : class
        {
            private long _version;

            public Task<TRecord?> LoadAsync(CancellationToken cancellationToken)
            {
                var row = rows.GetValueOrDefault(id);
                _version = row.Version;
                return Task.FromResult(row.Body is null ? null : JsonSerializer.Deserialize<TRecord>(row.Body, StateJson.Options));
            }

            public Task SaveAsync(TRecord record, CancellationToken cancellationToken)
            {
                if (rows.GetValueOrDefault(id).Version != _version)
                {
                    return Task.FromException(new StoreConflictException());
                }

                rows[id] = (++_version, JsonSerializer.Serialize(record, StateJson.Options));
                return Task.CompletedTask;
            }
        }
    }
}
