namespace Krewe.Core.Feeds;

/// <summary>
/// Where a follower stands in another silo's feed, whose frames are numbered from 1 without gaps. A gap is seen by the frame
/// after it; where none comes after it, by the number that the feed tells with each renewal of the subscription. After a gap,
/// and at first, nothing counts but a snapshot. Not safe for use from several threads.
/// </summary>
public sealed class FeedCursor
{
    private long? _last;
    private long _promised;

    /// <summary>Whether the follower cannot go on without a snapshot.</summary>
    public bool WantsSnapshot => _last is null;

    /// <summary>The last frame without a gap before it; null if a snapshot is wanted.</summary>
    public long? Last => _last;

    /// <summary>A frame came.</summary>
    public FeedStep Frame(long number)
    {
        if (_last is not { } last || number > last + 1)
        {
            _last = null;
            return FeedStep.Behind;
        }

        if (number <= last)
        {
            return FeedStep.Old;
        }

        _last = number;
        return FeedStep.Next;
    }

    /// <summary>A snapshot came that holds everything up to this frame. An older one than the cursor changes nothing.</summary>
    /// <returns>Whether the follower goes on from it.</returns>
    public bool Snapshot(long number)
    {
        if (_last >= number)
        {
            return false;
        }

        _last = number;
        return true;
    }

    /// <summary>
    /// The subscription was renewed. What the feed had sent by the renewal before this one has had the time between the two
    /// to come: what has not is lost.
    /// </summary>
    /// <param name="number">The last frame that the feed has sent.</param>
    /// <param name="wasKnown">Whether the feed still knew the follower. If not, it may have missed frames.</param>
    public void Renewed(long number, bool wasKnown)
    {
        if (_last < _promised || (!wasKnown && _last < number))
        {
            _last = null;
        }

        _promised = number;
    }
}
