using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Krewe.Testing;

/// <summary>Waits for a condition, never for time: polls it until it holds or a deadline is over, and then says what was awaited.</summary>
public static class Eventually
{
    /// <summary>How long a condition may take unless told otherwise. Generous: a passing test never waits for it.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not before the deadline.</exception>
    public static Task TrueAsync(
        Func<bool> condition,
        TimeSpan? within = null,
        [CallerArgumentExpression(nameof(condition))] string what = "",
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return ReadAsync(() => ValueTask.FromResult(condition()), static held => held, within, what, cancellationToken);
    }

    /// <summary>Waits until the asynchronous condition holds.</summary>
    /// <exception cref="TimeoutException">It did not before the deadline.</exception>
    public static Task TrueAsync(
        Func<Task<bool>> condition,
        TimeSpan? within = null,
        [CallerArgumentExpression(nameof(condition))] string what = "",
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return ReadAsync(() => new ValueTask<bool>(condition()), static held => held, within, what, cancellationToken);
    }

    /// <summary>Waits until what is read equals the expected value; the failure shows the last value read.</summary>
    /// <exception cref="TimeoutException">It did not before the deadline.</exception>
    public static Task EqualAsync<T>(
        T expected,
        Func<T> read,
        TimeSpan? within = null,
        [CallerArgumentExpression(nameof(read))] string what = "",
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(read);
        return ReadAsync(
            () => ValueTask.FromResult(read()), value => EqualityComparer<T>.Default.Equals(value, expected), within, $"{what} to be {expected}", cancellationToken);
    }

    /// <summary>Waits until what is read satisfies the condition, and gives it back; the failure shows the last value read.</summary>
    /// <exception cref="TimeoutException">It did not before the deadline.</exception>
    public static Task<T> ReadAsync<T>(
        Func<Task<T>> read,
        Func<T, bool> until,
        TimeSpan? within = null,
        [CallerArgumentExpression(nameof(until))] string what = "",
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(until);
        return ReadAsync(() => new ValueTask<T>(read()), until, within, what, cancellationToken);
    }

    private static async Task<T> ReadAsync<T>(Func<ValueTask<T>> read, Func<T, bool> until, TimeSpan? within, string what, CancellationToken cancellationToken)
    {
        var deadline = within ?? DefaultDeadline;
        var clock = Stopwatch.StartNew();
        while (true)
        {
            // Asked once more after the deadline: on a starved machine the poll itself may be what was late.
            var isLast = clock.Elapsed >= deadline;
            var value = await read().ConfigureAwait(false);
            if (until(value))
            {
                return value;
            }

            if (isLast)
            {
                throw new TimeoutException($"Waited {clock.Elapsed.TotalSeconds:F1} s in vain for: {what}. Last read: {value}.");
            }

            await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
        }
    }
}
