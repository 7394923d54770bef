namespace Krewe.Fleet.Ports;

/// <summary>
/// Waiting for a task whose continuations run asynchronously. <c>WaitAsync</c>, <c>WhenAny</c> and <c>WhenAll</c> over such
/// a task go by the thread pool before they come back to the turn that waits; over <see cref="InTurn(Task)"/> they come
/// straight back. A hop less, and a simulator's one thread stays the only one.
/// </summary>
internal static class TurnTasks
{
    /// <summary>Ends as <paramref name="task"/> does, in a turn of whoever asks.</summary>
    public static async Task InTurn(this Task task) => await task;

    /// <inheritdoc cref="InTurn(Task)"/>
    public static async Task<TResult> InTurn<TResult>(this Task<TResult> task) => await task;
}
