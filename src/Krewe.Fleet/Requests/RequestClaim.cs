namespace Krewe.Fleet.Requests;

/// <summary>Who runs a request: taken once, by the actor that the host opens for it, or by the silo where that is late or fails. Safe for use from several threads.</summary>
public sealed class RequestClaim
{
    private readonly TaskCompletionSource _given = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _taken;

    /// <summary>Ends when <see cref="GiveUp"/> has taken it.</summary>
    public Task Given => _given.Task;

    /// <summary>Whether the caller runs the request from here on; true once.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _taken, 1) == 0;

    /// <summary>The time for opening it is over: where nobody has taken it, whoever waits for <see cref="Given"/> does.</summary>
    public void GiveUp()
    {
        if (TryTake())
        {
            _given.SetResult();
        }
    }
}
