namespace Krewe.Gateway.Control;

/// <summary>Bounds the wait for an actor. The call itself goes on: what it did is not known then.</summary>
internal static class ActorCalls
{
    /// <exception cref="TimeoutException">No answer in time.</exception>
    public static ValueTask<T> Within<T>(this ValueTask<T> call, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        call.IsCompletedSuccessfully ? call : new ValueTask<T>(call.AsTask().WaitAsync(timeout, time, cancellationToken));

    /// <exception cref="TimeoutException">No answer in time.</exception>
    public static ValueTask Within(this ValueTask call, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        call.IsCompletedSuccessfully ? call : new ValueTask(call.AsTask().WaitAsync(timeout, time, cancellationToken));
}
