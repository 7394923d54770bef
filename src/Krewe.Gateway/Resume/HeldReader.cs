using System.Buffers;

namespace Krewe.Gateway.Resume;

/// <summary>Who reads a held stream. Used by one connection; only <see cref="Leave"/> may come from another thread.</summary>
internal sealed class HeldReader(HeldStream stream, int number)
{
    private readonly Signal _news = new();
    private volatile bool _hasLeft;
    private volatile bool _knowsEnd;

    public int Number => number;

    public HeldStream Stream => stream;

    /// <summary>What there is, and how much may be read.</summary>
    public HeldStatus Look()
    {
        var status = _hasLeft ? HeldStatus.Superseded : stream.Look(number);
        _knowsEnd |= status == HeldStatus.Ended;
        return status;
    }

    /// <summary>Copies the next events, as many as fit, at least one; the last of them. -1 = none.</summary>
    public int Read(IBufferWriter<byte> output, int most) => stream.Read(number, output, most);

    /// <summary>Ends when there may be something new to see.</summary>
    public ValueTask WaitAsync() => _news.WaitAsync();

    public void Wake() => _news.Set();

    /// <summary>The connection is gone, or has everything. Again has no effect.</summary>
    public void Leave()
    {
        if (!_hasLeft)
        {
            _hasLeft = true;
            stream.Leave(number, _knowsEnd);
            _news.Set();
        }
    }
}
