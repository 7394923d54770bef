using Krewe.Fleet.Local;

namespace Krewe.Fleet.Tests.Local;

public sealed class LocalActivationTests
{
    private readonly ManualScheduler _scheduler = new();

    [Fact]
    public async Task An_actor_is_activated_once_though_its_activation_has_others_call_it()
    {
        var activated = 0;
        LocalActivation<List<string>>? activation = null;
        ValueTask<int> nested = default;
        activation = New(actor =>
        {
            activated++;
            nested = activation!.CallAsync("nested", Add);
            return ValueTask.CompletedTask;
        });

        await activation.CallAsync("first", Add);
        _scheduler.RunAll();

        Assert.Equal(1, activated);
        await nested;
    }

    [Fact]
    public async Task Of_two_first_calls_at_once_one_activates()
    {
        const int Rounds = 2000;
        var activated = new int[Rounds];
        var activations = Enumerable.Range(0, Rounds).Select(round => new LocalActivation<List<string>>(
            [],
            new Mailbox(new ThreadPoolTurnScheduler(), 100, error => throw error),
            TimeProvider.System,
            _ =>
            {
                Interlocked.Increment(ref activated[round]);
                return ValueTask.CompletedTask;
            })).ToArray();
        var arrived = 0;

        var counts = await Task.WhenAll(Task.Run(CallAllAsync), Task.Run(CallAllAsync));

        Assert.All(activated, times => Assert.Equal(1, times));
        Assert.All(counts[0].Zip(counts[1]), pair => Assert.Equal(3, pair.First + pair.Second));

        async Task<List<int>> CallAllAsync()
        {
            var mine = new List<int>();
            for (var round = 1; round <= Rounds; round++)
            {
                // Both sides set out within a few nanoseconds of each other.
                Interlocked.Increment(ref arrived);
                while (Volatile.Read(ref arrived) < 2 * round)
                {
                    Thread.SpinWait(1);
                }

                mine.Add(await activations[round - 1].CallAsync("call", Add));
            }

            return mine;
        }
    }

    [Fact]
    public async Task Calls_wait_until_it_is_active()
    {
        var gate = new TaskCompletionSource();
        var activation = New(async actor =>
        {
            await gate.Task;
            actor.Add("active");
        });
        var call = activation.CallAsync("call", Add).AsTask();
        _scheduler.RunAll();
        Assert.False(call.IsCompleted);

        gate.SetResult();
        await RunAsync(call);

        Assert.Equal(2, await call);
    }

    [Fact]
    public async Task An_activation_that_failed_is_tried_again_by_the_next_call()
    {
        var tries = 0;
        var activation = New(_ => ++tries == 1 ? throw new InvalidTimeZoneException() : ValueTask.CompletedTask);

        var first = activation.CallAsync("first", Add).AsTask();
        await RunAsync(first);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => first);

        var second = activation.CallAsync("second", Add).AsTask();
        await RunAsync(second);
        Assert.Equal(1, await second);
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task What_is_let_go_passes_its_calls_on_those_that_wait_already_too()
    {
        var (old, young) = (New(null), New(null));
        var forgotten = 0;
        ValueTask<int> behind = default;
        // The call stands in the mailbox behind the turn that lets the actor go.
        var letGo = await old.LetGoAsync(
            actor =>
            {
                behind = old.CallAsync("behind", Add);
                return actor.Count == 0;
            },
            () => forgotten++,
            () => young);
        _scheduler.RunAll();

        Assert.True(letGo);
        Assert.Equal(1, forgotten);
        Assert.Equal(1, await behind);
        Assert.Equal(2, await old.CallAsync("later", Add));
        Assert.Equal(3, await young.CallAsync("its own", Add));
        Assert.False(await old.LetGoAsync(_ => true, () => forgotten++, () => young));
        Assert.Equal(1, forgotten);
    }

    [Fact]
    public async Task What_is_not_idle_stays()
    {
        var activation = New(null);
        await activation.CallAsync("something", Add);

        Assert.False(await activation.LetGoAsync(actor => actor.Count == 0, () => Assert.Fail("It was let go."), () => activation));
        Assert.Equal(2, await activation.CallAsync("more", Add));
    }

    private static ValueTask<int> Add(List<string> actor, string what)
    {
        actor.Add(what);
        return ValueTask.FromResult(actor.Count);
    }

    private Task RunAsync(Task task) => Krewe.Testing.Eventually.TrueAsync(() =>
    {
        _scheduler.RunAll();
        return task.IsCompleted;
    });

    private LocalActivation<List<string>> New(Func<List<string>, ValueTask>? activate) =>
        new([], new Mailbox(_scheduler, 100, error => throw error), TimeProvider.System, activate);
}
