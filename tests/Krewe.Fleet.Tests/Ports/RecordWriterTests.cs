using Krewe.Fleet.Local;
using Krewe.Fleet.Ports;
using Krewe.Testing;

namespace Krewe.Fleet.Tests.Ports;

public sealed class RecordWriterTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly ManualScheduler _scheduler = new();
    private readonly Mailbox _mailbox;
    private readonly ScriptedStore _store = new();
    private readonly List<bool> _outages = [];
    private readonly RecordWriter<Numbers> _writer;
    private Action? _whileReconciling;

    public RecordWriterTests()
    {
        _mailbox = new Mailbox(_scheduler, 100, error => throw error);
        _writer = new RecordWriter<Numbers>(
            _store,
            _time,
            TimeSpan.FromSeconds(5),
            (ours, stored) =>
            {
                _whileReconciling?.Invoke();
                return new Numbers([.. (stored?.All ?? []).Union(ours.All)]);
            },
            (failed, _) => _outages.Add(failed));
    }

    [Fact]
    public async Task While_one_write_runs_only_the_newest_waits()
    {
        var gate = _store.Then(Outcome.Waits);
        var first = Write(1);
        _scheduler.RunAll();
        var (second, third, fourth) = (Write(2), Write(3), Write(4));
        _scheduler.RunAll();
        Assert.Equal(1, _store.InFlight);

        gate.SetResult();
        await RunAsync(first, second, third, fourth);

        Assert.Equal([[1], [4]], _store.Saved);
        Assert.Equal(1, _store.MostInFlight);
    }

    [Fact]
    public async Task What_one_turn_writes_is_one_write()
    {
        Task[] written = [];
        Turn(() => written = [_writer.WriteAsync(new([1])), _writer.WriteAsync(new([2])), _writer.WriteAsync(new([3]))]);

        await RunAsync(written);

        Assert.Equal([[3]], _store.Saved);
    }

    [Fact]
    public async Task An_outage_is_retried_with_growing_pauses_and_then_the_newest_is_written()
    {
        _store.Then(Outcome.Fails, times: 6);
        var first = Write(1);
        await AdvanceUntilAsync(() => _store.Attempts.Count == 5);
        var second = Write(2);
        Assert.False(first.IsCompleted);

        await AdvanceUntilAsync(() => first.IsCompleted && second.IsCompleted);

        await Task.WhenAll(first, second);
        Assert.Equal([[2]], _store.Saved);
        var pauses = _store.Attempts.Zip(_store.Attempts.Skip(1), (earlier, later) => later.At - earlier.At).ToList();
        Assert.Equal(pauses.Order(), pauses);
        Assert.True(pauses[^1] > pauses[0] * 8);
        Assert.All(pauses, pause => Assert.InRange(pause, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(2)));
        Assert.Equal([true, true, true, true, true, true, false], _outages);
    }

    [Fact]
    public async Task A_write_that_hangs_is_given_up_and_tried_again()
    {
        _store.Then(Outcome.Waits);
        var written = Write(1);

        await AdvanceUntilAsync(() => written.IsCompleted);

        await written;
        Assert.InRange(_time.Elapsed, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));
        Assert.Equal([true, false], _outages);
    }

    [Fact]
    public async Task A_conflict_is_reconciled_with_what_is_stored()
    {
        _store.Stored = new Numbers([7]);
        _store.Then(Outcome.Conflicts);

        await RunAsync(Write(1));

        Assert.Equal([[7, 1]], _store.Saved);
        Assert.Empty(_outages);
    }

    [Fact]
    public async Task What_came_while_the_conflict_was_read_is_reconciled_too()
    {
        _store.Stored = new Numbers([7]);
        _store.Then(Outcome.Conflicts);
        var gate = _store.HoldReads();
        var first = Write(1);
        _scheduler.RunAll();
        var second = Write(2);
        gate.SetResult();

        await RunAsync(first, second);

        Assert.Equal([7, 2], _store.Saved[^1]);
    }

    [Fact]
    public async Task A_read_that_fails_in_a_conflict_is_an_outage_that_ends()
    {
        _store.Stored = new Numbers([7]);
        _store.Then(Outcome.Conflicts, times: 2);
        _store.FailsReads = 1;
        var written = Write(1);

        await AdvanceUntilAsync(() => written.IsCompleted);

        Assert.Equal([[7, 1]], _store.Saved);
        Assert.Equal([true, false], _outages);
    }

    [Fact]
    public async Task A_reconciliation_that_writes_starts_no_second_write_beside_the_first()
    {
        _store.Stored = new Numbers([7]);
        _store.Then(Outcome.Conflicts);
        Task? inner = null;
        _whileReconciling = () =>
        {
            _whileReconciling = null;
            inner = _writer.WriteAsync(new([7, 8]));
        };

        var written = Write(1);
        await AdvanceUntilAsync(() => written.IsCompleted && inner is { IsCompleted: true });

        Assert.Equal([7, 8], _store.Saved[^1]);
        Assert.Equal(1, _store.MostInFlight);
    }

    [Fact]
    public async Task Two_writers_that_answer_each_other_make_pauses()
    {
        _store.Then(Outcome.Conflicts, times: 20);
        var written = Write(1);

        await AdvanceUntilAsync(() => written.IsCompleted);

        Assert.True(_time.Elapsed >= TimeSpan.FromMilliseconds(50 * 18), $"20 conflicts took {_time.Elapsed}.");
    }

    [Fact]
    public async Task A_stop_lets_the_last_write_end()
    {
        var gate = _store.Then(Outcome.Waits);
        var written = Write(1);
        _scheduler.RunAll();
        var stop = StopAsync();
        Assert.False(stop.IsCompleted);

        gate.SetResult();
        await RunAsync(stop, written);

        Assert.Equal([[1]], _store.Saved);
    }

    [Fact]
    public async Task A_stop_in_an_outage_ends_within_its_time_and_leaves_nobody_waiting()
    {
        _store.Then(Outcome.Fails, times: 1000);
        var first = Write(1);
        _scheduler.RunAll();
        var second = Write(2);
        var stop = StopAsync();

        await AdvanceUntilAsync(() => stop.IsCompleted && first.IsCompleted && second.IsCompleted);

        Assert.InRange(_time.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        Assert.True(first.IsCanceled);
        Assert.True(second.IsCanceled);
        Assert.False(_outages[^1]);
        var attempts = _store.Attempts.Count;
        Assert.True(Write(3).IsCanceled);
        _time.Advance(TimeSpan.FromMinutes(1));
        _scheduler.RunAll();
        Assert.Equal(attempts, _store.Attempts.Count);
    }

    private Task Write(int number)
    {
        Task? written = null;
        Turn(() => written = _writer.WriteAsync(new([number])));
        return written!;
    }

    private Task StopAsync()
    {
        var stop = _mailbox.CallAsync(_writer, async writer =>
        {
            await writer.StopAsync(TimeSpan.FromSeconds(1));
            return true;
        }).AsTask();
        _scheduler.RunAll();
        return stop;
    }

    private void Turn(Action act) => Assert.True(_mailbox.CallAsync(act, run =>
    {
        run();
        return ValueTask.FromResult(true);
    }).AsTask().IsCompletedSuccessfully);

    private async Task RunAsync(params Task[] tasks)
    {
        await Eventually.TrueAsync(() =>
        {
            _scheduler.RunAll();
            return tasks.All(task => task.IsCompleted);
        });
        await Task.WhenAll(tasks);
    }

    private Task AdvanceUntilAsync(Func<bool> condition)
    {
        _store.Time = _time;
        return Eventually.TrueAsync(() =>
        {
            _scheduler.RunAll();
            if (!condition())
            {
                _time.AdvanceToNextTimer();
                _scheduler.RunAll();
            }

            return condition();
        });
    }

    private enum Outcome
    {
        Fails,
        Conflicts,
        Waits,
    }

    private sealed record Numbers(int[] All);

    private sealed class ScriptedStore : IRecordStore<Numbers>
    {
        private readonly Queue<(Outcome Outcome, TaskCompletionSource? Gate)> _script = new();
        private TaskCompletionSource? _reads;

        public ManualTimeProvider? Time { get; set; }

        public Numbers? Stored { get; set; }

        public int FailsReads { get; set; }

        public List<int[]> Saved { get; } = [];

        public List<(TimeSpan At, int[] Numbers)> Attempts { get; } = [];

        public int InFlight { get; private set; }

        public int MostInFlight { get; private set; }

        public TaskCompletionSource Then(Outcome outcome, int times = 1)
        {
            var gate = new TaskCompletionSource();
            for (var i = 0; i < times; i++)
            {
                _script.Enqueue((outcome, gate));
            }

            return gate;
        }

        public TaskCompletionSource HoldReads() => _reads = new TaskCompletionSource();

        public async Task<Numbers?> LoadAsync(CancellationToken cancellationToken)
        {
            if (_reads is { } gate)
            {
                await gate.Task;
            }

            return FailsReads-- > 0 ? throw new IOException("It cannot be read.") : Stored;
        }

        public async Task SaveAsync(Numbers record, CancellationToken cancellationToken)
        {
            Attempts.Add((Time?.Elapsed ?? TimeSpan.Zero, record.All));
            InFlight++;
            MostInFlight = Math.Max(MostInFlight, InFlight);
            try
            {
                if (_script.TryDequeue(out var next))
                {
                    switch (next.Outcome)
                    {
                        case Outcome.Fails:
                            throw new IOException("It is out.");
                        case Outcome.Conflicts:
                            throw new StoreConflictException();
                        default:
                            await next.Gate!.Task.WaitAsync(cancellationToken);
                            break;
                    }
                }

                Saved.Add(record.All);
            }
            finally
            {
                InFlight--;
            }
        }
    }
}
