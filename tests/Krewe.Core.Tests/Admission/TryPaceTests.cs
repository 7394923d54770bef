using Krewe.Core.Admission;

namespace Krewe.Core.Tests.Admission;

public sealed class TryPaceTests
{
    [Fact]
    public void The_first_tries_are_free_and_then_the_pause_doubles_up_to_its_bound() =>
        Assert.Equal([0, 0, 0, 1, 2, 4, 8, 16, 32, 32, 32], Enumerable.Range(0, 11).Select(tries => TryPace.After(tries).TotalMilliseconds));

    [Fact]
    public void However_often_it_was_in_vain_the_pause_is_bounded() => Assert.Equal(TryPace.Longest, TryPace.After(int.MaxValue));

    [Fact]
    public void A_negative_count_is_an_error() => Assert.Throws<ArgumentOutOfRangeException>(() => TryPace.After(-1));
}
