using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Pools;

public sealed class BlindnessRuleTests
{
    private static readonly LeaseOptions Options = LeaseOptions.Default;
    private static readonly Monotonic Now = new(TimeSpan.FromHours(2).Ticks);

    /// <summary>Members as words: + heard, a number = silent for so many milliseconds, x gone.</summary>
    [Theory]
    [InlineData("", false)]
    [InlineData("0", false)]
    [InlineData("0 +", false)]
    [InlineData("0 x", false)]
    [InlineData("0 0", true)]
    [InlineData("0 0 + +", true)]
    [InlineData("0 0 + + +", false)]
    [InlineData("0 0 + + + x x", false)]
    [InlineData("0 0 + + x x", true)]
    [InlineData("x x x +", false)]
    [InlineData("0 5000", true)]
    [InlineData("0 5001", false)]
    [InlineData("5001 5001 0 +", false)]
    public void Open_HalfFellSilentInOneWindow_Freezes(string members, bool freezes) =>
        Assert.Equal(new BlindnessState(freezes), BlindnessRule.Next(default, Members(members), Now, Options));

    [Theory]
    [InlineData("0 0", true)]
    [InlineData("60000 99999 + +", true)]
    [InlineData("60000 99999 + + +", false)]
    [InlineData("60000 +", false)]
    [InlineData("+ +", false)]
    [InlineData("x x", false)]
    public void Frozen_HalfIsSilentHoweverLong_StaysSo(string members, bool stays)
    {
        var next = BlindnessRule.Next(new BlindnessState(true), Members(members), Now, Options);
        Assert.Equal(stays ? new BlindnessState(true) : new BlindnessState(true, Now), next);
    }

    [Fact]
    public void Frozen_HeardAgainForLongEnough_Thaws()
    {
        var state = BlindnessRule.Next(new BlindnessState(true), Members("0 + +"), Now, Options);
        Assert.True(BlindnessRule.Next(state, Members("999 + +"), Now + TimeSpan.FromMilliseconds(999), Options).IsFrozen);
        Assert.Equal(default, BlindnessRule.Next(state, Members("1000 + +"), Now + TimeSpan.FromMilliseconds(1000), Options));
    }

    [Fact]
    public void Frozen_SilentAgainBeforeItThaws_StartsTheWaitAnew()
    {
        var state = BlindnessRule.Next(new BlindnessState(true), Members("0 + +"), Now, Options);
        state = BlindnessRule.Next(state, Members("0 0 +"), Now + TimeSpan.FromMilliseconds(500), Options);
        Assert.Equal(new BlindnessState(true), state);
        state = BlindnessRule.Next(state, Members("0 + +"), Now + TimeSpan.FromMilliseconds(1400), Options);
        Assert.Equal(new BlindnessState(true, Now + TimeSpan.FromMilliseconds(1400)), state);
    }

    /// <summary>Whole pools, each instance by its own rules, each silo's notices at once: what silence alone can do to them.</summary>
    [Fact]
    public void AnyPartOfAPoolFallsSilent_OnlyLessThanHalfIsEverTakenForLost()
    {
        var pools =
            from size in Gen.Choose(2, 9)
            from silent in Gen.Choose(1, size)
            from phases in Gen.Choose(0, 900).ArrayOf(size)
            from heals in Gen.Elements(8, 12, 16, 22, 60)
            select (size, silent, phases, heals);
        Prop.ForAll(pools.ToArbitrary(), pool => Run(pool.size, pool.silent, pool.phases, TimeSpan.FromSeconds(pool.heals)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    private static void Run(int size, int silent, int[] phases, TimeSpan healAt)
    {
        var world = new BlindPool(size, phases);
        world.Pass(TimeSpan.FromSeconds(5), silent: 0);
        Assert.Equal(0, world.Suspected);

        world.Pass(healAt, silent);
        var isBlind = silent >= 2 && 2 * silent >= size;
        Assert.Equal(isBlind, world.Blindness.IsFrozen);
        Assert.Equal(isBlind ? 0 : silent, world.Missing);

        world.Pass(TimeSpan.FromSeconds(5), silent: 0);
        Assert.False(world.Blindness.IsFrozen);

        // Lost for good are those whose window was over, which are to register again.
        Assert.Equal(isBlind || healAt <= TimeSpan.FromSeconds(16) ? 0 : silent, world.Missing);
    }

    private static IEnumerable<(Hearing, Monotonic)> Members(string words) => words
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(word => word switch
        {
            "+" => (Hearing.Heard, Monotonic.Zero),
            "x" => (Hearing.Gone, Monotonic.Zero),
            _ => (Hearing.Silent, Now - TimeSpan.FromMilliseconds(int.Parse(word, System.Globalization.CultureInfo.InvariantCulture))),
        });
}
