using System.Collections.Concurrent;
using Krewe.Core.Bypass;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Fleet.Requests;
using Krewe.Testing;

namespace Krewe.Cluster.Tests.Silos;

/// <summary>Calls of actors that fail, hang, or are late fail no request, whichever call it is.</summary>
public sealed class BypassTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>, IAsyncLifetime
{
    private const int Requests = 12;

    public async ValueTask InitializeAsync() => await cluster.MakeWholeAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(nameof(CallFault.Throws), BypassCause.Failed)]
    [InlineData(nameof(CallFault.Hangs), BypassCause.Late)]
    [InlineData(nameof(CallFault.LosesAnswer), BypassCause.Late)]
    [InlineData(nameof(CallFault.IsLate), BypassCause.Late)]
    public async Task A_silo_that_reaches_no_instance_serves_on_and_the_instances_take_it_over(string fault, BypassCause cause)
    {
        var pool = await PoolAsync(3, limit: Requests);
        var (cut, other) = (cluster.Silos[1], cluster.Silos[0]);
        var before = await ServeAsync(pool, other, 3);
        CutOff(cut, "IInstanceGrain.", Enum.Parse<CallFault>(fault));

        var served = await ServeAsync(pool, cut, Requests);
        var stories = await Task.WhenAll(served.Select(one => one.Request.DescribeAsync().AsTask()));
        Assert.Contains(stories, story => story!.Attempts[0].Bypass == cause);
        Assert.All(stories, story => Assert.NotNull(story!.Attempts[0].Bypass));
        Assert.Contains(cut.Fleet.Events.Newest(pool.Name, 100), entry => entry is { What: "reach", To: "Unreached" });

        // Those of other silos know nothing of it.
        var others = await ServeAsync(pool, other, 3);
        await EndAsync(served.Take(Requests / 2));

        Heal();
        await Eventually.TrueAsync(() => cut.Fleet.Reach.IsEmpty, TimeSpan.FromSeconds(30), "the actors to be reached again");
        await EverySeesAsync(pool, (Requests / 2) + 6);
        Assert.Contains(cut.Fleet.Events.Newest(pool.Name, 100), entry => entry is { What: "reach", To: "Reached" });
        await EndAsync(served.Skip(Requests / 2).Concat(before).Concat(others));
        await pool.IdleAsync();
    }

    [Theory]
    [InlineData(nameof(CallFault.Throws))]
    [InlineData(nameof(CallFault.Hangs))]
    [InlineData(nameof(CallFault.IsLate))]
    public async Task A_request_that_is_not_opened_is_served_without_a_grain(string fault)
    {
        var pool = await PoolAsync(2, limit: Requests);
        var silo = cluster.Silos[1];
        CutOff(silo, "IRequestGrain.StartAsync", Enum.Parse<CallFault>(fault));

        var served = await ServeAsync(pool, silo, Requests);
        var story = await silo.Actors.Request(served[0].Step.Attempt.Request).DescribeAsync();
        Assert.NotNull(story!.Unhosted);
        var next = await served[0].Request.AttemptFailedAsync(new AttemptReport(1, AttemptCause.ConnectionReset, LegKind.Whole, 0));
        Assert.NotNull(next.Binding);
        Heal();
        await EndAsync(served);

        Assert.Equal(RequestOutcome.Completed, (await silo.Actors.Request(served[0].Step.Attempt.Request).DescribeAsync())!.Outcome);
        Assert.Empty(silo.Fleet.Unhosted);
        await pool.IdleAsync();
    }

    [Fact]
    public async Task An_end_that_does_not_get_through_is_told_again()
    {
        var pool = await PoolAsync(2, limit: Requests);
        var silo = cluster.Silos[1];
        var served = await ServeAsync(pool, silo, Requests);
        CutOff(silo, "IRequestGrain.EndAsync", CallFault.Throws);

        await EndAsync(served);
        await EverySeesAsync(pool, Requests);
        Heal();

        await pool.IdleAsync();
    }

    [Fact]
    public async Task Two_silos_that_are_cut_off_each_keep_the_limit_by_what_they_know()
    {
        var pool = await PoolAsync(1, limit: 4);
        var held = await ServeAsync(pool, cluster.Silos[0], 2);
        await EverySeesAsync(pool, 2);
        cluster.Faulty = (silo, method) => silo != cluster.Silos[0].Fleet.Silo && method.StartsWith("IInstanceGrain.", StringComparison.Ordinal) ? CallFault.Throws : CallFault.None;

        var first = await ServeAsync(pool, cluster.Silos[1], 2);
        var second = await ServeAsync(pool, cluster.Silos[2], 2);
        using var gone = new CancellationTokenSource();
        var waiting = cluster.Silos[1].Actors.Request(ClusterPool.NewRequest()).StartAsync(pool.Spec(cluster.Silos[1], gone.Token)).AsTask();
        await Eventually.EqualAsync(1, () => cluster.Silos[1].Fleet.View.Find(pool.Name)!.Admission.Waiting);

        Heal();
        await Eventually.TrueAsync(() => cluster.Silos.All(silo => silo.Fleet.Reach.IsEmpty), TimeSpan.FromSeconds(30));
        await EverySeesAsync(pool, 6);
        await EndAsync(first.Concat(held));
        var last = await waiting;
        Assert.NotNull(last.Binding);
        await EndAsync(second);
        await cluster.Silos[1].Actors.Request(last.Attempt.Request).EndAsync(Completed);
        await pool.IdleAsync();
    }

    [Fact]
    public async Task A_silo_s_death_fails_no_request_of_the_others()
    {
        var pool = await PoolAsync(9, limit: 8);
        var survivors = cluster.Silos.Take(2).ToList();
        var failed = new ConcurrentQueue<string>();
        using var over = new CancellationTokenSource();
        var served = 0;
        var load = survivors.SelectMany(silo => Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                var request = silo.Actors.Request(ClusterPool.NewRequest());
                var step = await request.StartAsync(pool.Spec(silo));
                if (step.Binding is null)
                {
                    failed.Enqueue(step.Outcome.ToString());
                }
                else
                {
                    await request.EndAsync(Completed);
                    Interlocked.Increment(ref served);
                }
            }
        }))).ToList();
        await Eventually.TrueAsync(() => Volatile.Read(ref served) > 100);

        await cluster.KillAsync(cluster.Silos[2]);
        var after = Volatile.Read(ref served);
        await Eventually.TrueAsync(() => Volatile.Read(ref served) > after + 100);
        await over.CancelAsync();
        await Task.WhenAll(load);

        Assert.Empty(failed);
        await Eventually.TrueAsync(() => survivors.All(silo => silo.Fleet.Reach.IsEmpty), TimeSpan.FromSeconds(30));
        await pool.IdleAsync();
    }

    private static RequestEnd Completed { get; } = new(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, 1);

    private void CutOff(TestSilo silo, string calls, CallFault fault)
    {
        var id = silo.Fleet.Silo;
        cluster.Faulty = (from, method) => from == id && method.StartsWith(calls, StringComparison.Ordinal) ? fault : CallFault.None;
    }

    private void Heal() => cluster.Faulty = static (_, _) => CallFault.None;

    private async Task<ClusterPool> PoolAsync(int instances, int limit)
    {
        var pool = await ClusterPool.NewAsync(cluster);
        for (var i = 0; i < instances; i++)
        {
            await pool.ActivateAsync($"i{i}", limit: limit);
        }

        return pool;
    }

    private static async Task<List<(IRequestRef Request, RequestStep Step)>> ServeAsync(ClusterPool pool, TestSilo silo, int count) =>
    [
        .. await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
        {
            var request = silo.Actors.Request(ClusterPool.NewRequest());
            var step = await request.StartAsync(pool.Spec(silo));
            Assert.NotNull(step.Binding);
            return (request, step);
        })),
    ];

    private static Task EndAsync(IEnumerable<(IRequestRef Request, RequestStep Step)> served) =>
        Task.WhenAll(served.Select(one => one.Request.EndAsync(Completed).AsTask()));

    private Task EverySeesAsync(ClusterPool pool, int reservations) => Eventually.TrueAsync(
        () => cluster.Silos.All(silo => silo.Fleet.View.Find(pool.Name)!.View.All().Sum(view => view.Load.ReservedRequests) == reservations),
        TimeSpan.FromSeconds(30),
        $"every silo to see {reservations} reservations");
}
