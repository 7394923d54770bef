using Krewe.Core.Feeds;

namespace Krewe.Core.Tests.Feeds;

public sealed class FeedCursorTests
{
    private readonly FeedCursor _cursor = new();

    [Fact]
    public void At_first_only_a_snapshot_counts()
    {
        Assert.True(_cursor.WantsSnapshot);
        Assert.Equal(FeedStep.Behind, _cursor.Frame(1));

        Assert.True(_cursor.Snapshot(4));

        Assert.False(_cursor.WantsSnapshot);
        Assert.Equal(FeedStep.Old, _cursor.Frame(4));
        Assert.Equal(FeedStep.Next, _cursor.Frame(5));
        Assert.Equal(5, _cursor.Last);
    }

    [Fact]
    public void A_gap_is_seen_by_the_frame_after_it_and_filled_by_a_snapshot_only()
    {
        _cursor.Snapshot(0);
        _cursor.Frame(1);

        Assert.Equal(FeedStep.Behind, _cursor.Frame(3));
        Assert.Equal(FeedStep.Behind, _cursor.Frame(2));

        Assert.True(_cursor.WantsSnapshot);
        Assert.True(_cursor.Snapshot(2));
        Assert.Equal(FeedStep.Next, _cursor.Frame(3));
    }

    [Fact]
    public void A_lost_last_frame_is_seen_one_renewal_later()
    {
        _cursor.Snapshot(7);

        _cursor.Renewed(8, wasKnown: true);
        Assert.False(_cursor.WantsSnapshot);

        _cursor.Renewed(8, wasKnown: true);
        Assert.True(_cursor.WantsSnapshot);
    }

    [Fact]
    public void A_frame_that_comes_after_the_renewal_that_tells_of_it_is_not_missed()
    {
        _cursor.Snapshot(7);
        _cursor.Renewed(8, wasKnown: true);
        _cursor.Frame(8);

        _cursor.Renewed(9, wasKnown: true);

        Assert.False(_cursor.WantsSnapshot);
    }

    [Fact]
    public void A_follower_that_was_forgotten_has_missed_what_was_said_meanwhile()
    {
        _cursor.Snapshot(7);

        _cursor.Renewed(7, wasKnown: false);
        Assert.False(_cursor.WantsSnapshot);

        _cursor.Renewed(8, wasKnown: false);
        Assert.True(_cursor.WantsSnapshot);
    }

    [Fact]
    public void A_snapshot_that_is_older_than_what_is_known_changes_nothing()
    {
        _cursor.Snapshot(7);

        Assert.False(_cursor.Snapshot(6));

        Assert.Equal(7, _cursor.Last);
    }
}
