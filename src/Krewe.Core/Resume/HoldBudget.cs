namespace Krewe.Core.Resume;

/// <summary>How many bytes the streams that are held may take together. Safe for use from several threads.</summary>
/// <param name="limit">Most bytes.</param>
public sealed class HoldBudget(long limit)
{
    private long _used;

    /// <summary>Bytes in use.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Takes so many bytes; false, and none are taken, where they would be too many.</summary>
    public bool TryTake(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (Interlocked.Add(ref _used, bytes) <= limit)
        {
            return true;
        }

        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    /// <summary>Takes them though they may be too many: for what must not be dropped.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _used, bytes);

    public void Give(long bytes) => Interlocked.Add(ref _used, -bytes);
}
