using Krewe.Core.Membership;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Membership;

public sealed class CutOffRuleTests
{
    private static readonly TimeSpan After = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(3);
    private static readonly Monotonic Now = Monotonic.Zero + TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(new double[0], false)]
    [InlineData(new[] { 2.0 }, false)]
    [InlineData(new[] { 2.0, 0.1 }, false)]
    [InlineData(new[] { 2.0, 1.4 }, false)]
    [InlineData(new[] { 2.0, 1.5 }, true)]
    [InlineData(new[] { 4.4, 4.4 }, true)]
    [InlineData(new[] { 4.5, 4.5 }, false)]
    [InlineData(new[] { 60.0, 2.0 }, true)]
    [InlineData(new[] { 2.0, 2.0, 0.1 }, false)]
    [InlineData(new[] { 2.0, 2.0, 2.0, 0.1 }, true)]
    [InlineData(new[] { 2.0, 2.0, 0.1, 0.1 }, false)]
    public void A_silo_is_cut_off_for_a_while_when_it_hears_fewer_than_half_of_all(double[] silences, bool isCutOff) =>
        Assert.Equal(isCutOff, Decide(silences.Select(silence => Heard(silence))));

    [Fact]
    public void Who_has_ended_does_not_count()
    {
        Assert.False(Decide([Heard(2, isClosed: true), Heard(2, isClosed: true)]));
        Assert.False(Decide([Heard(2), Heard(2, isClosed: true)]));
        Assert.True(Decide([Heard(2), Heard(2), Heard(2, isClosed: true)]));
    }

    [Fact]
    public void With_no_limit_nobody_ever_is() => Assert.False(CutOffRule.IsCutOff([Heard(9), Heard(9)], Now, TimeSpan.Zero, Hold));

    [Fact]
    public void Of_two_sides_the_larger_serves_and_of_equal_ones_both()
    {
        for (var silos = 2; silos <= 40; silos++)
        {
            for (var here = 1; here < silos; here++)
            {
                var others = Enumerable.Repeat(Heard(0.1), here - 1).Concat(Enumerable.Repeat(Heard(2), silos - here));
                Assert.Equal(2 * here < silos, Decide(others));
            }
        }
    }

    private static bool Decide(IEnumerable<PeerSilence> others) => CutOffRule.IsCutOff(others, Now, After, Hold);

    private static PeerSilence Heard(double secondsAgo, bool isClosed = false) => new(Now + TimeSpan.FromSeconds(-secondsAgo), isClosed);
}
