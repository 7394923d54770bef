using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Core.Routing;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Routing;

public sealed class AvoidListTests
{
    private static readonly Monotonic Now = new(TimeSpan.FromHours(1).Ticks);

    private readonly AvoidList _list = new();

    [Fact]
    public void Avoid_ALifeOfAnInstance_HoldsUntilItsTimeAndForNoOther()
    {
        Assert.True(_list.IsEmpty);
        _list.Avoid(Views.Of("m1", epoch: 2).ToBinding(), After(100), Now);
        Assert.Equal([new Exclusion(Views.Id("m1"), new Epoch(2))], _list.Instances(After(99)));
        Assert.Empty(_list.Instances(After(100)));
        Assert.False(_list.Instances(Now)[0].Covers(Views.Of("m1", epoch: 3)));
    }

    [Fact]
    public void AvoidPair_IsAvoidedTogetherOnly()
    {
        var (p1, p2, d1, d2) = (Views.Prefill("p1"), Views.Prefill("p2"), Views.Decode("d1"), Views.Decode("d2"));
        _list.AvoidPair(new Binding(p1.ToBinding(), d1.ToBinding()), After(100), Now);
        Assert.True(_list.IsAvoided(p1, d1, After(99)));
        Assert.False(_list.IsAvoided(p1, d1, After(100)));
        Assert.False(_list.IsAvoided(p1, d2, Now));
        Assert.False(_list.IsAvoided(p2, d1, Now));
        Assert.False(_list.IsAvoided(p1, Views.Of("d1", epoch: 2), Now));
        Assert.Empty(_list.Instances(Now));
    }

    [Fact]
    public void Avoid_TheSameAgain_HoldsForTheLongerTime()
    {
        var half = Views.Of("m1").ToBinding();
        _list.Avoid(half, After(100), Now);
        _list.Avoid(half, After(50), Now);
        Assert.Single(_list.Instances(After(99)));
        _list.Avoid(half, After(200), Now);
        Assert.Single(_list.Instances(After(199)));
    }

    [Fact]
    public void Avoid_ManyMoreThanItHolds_ForgetsWhatEndsFirst()
    {
        for (var i = 0; i < 3 * AvoidList.MaxEntries; i++)
        {
            _list.Avoid(Views.Of($"m{i}").ToBinding(), After(1000 + i), Now);
        }

        var kept = _list.Instances(Now);
        Assert.Equal(AvoidList.MaxEntries, kept.Length);
        Assert.Contains(new Exclusion(Views.Id($"m{(3 * AvoidList.MaxEntries) - 1}"), new Epoch(1)), kept);
        Assert.DoesNotContain(new Exclusion(Views.Id("m0"), new Epoch(1)), kept);
    }

    [Fact]
    public void Avoid_WhatIsOver_IsForgottenWithTheNextEntry()
    {
        _list.Avoid(Views.Of("m1").ToBinding(), After(10), Now);
        _list.Avoid(Views.Of("m2").ToBinding(), After(100), After(20));
        Assert.Equal([new Exclusion(Views.Id("m2"), new Epoch(1))], _list.Instances(Now));
    }

    private static Monotonic After(int milliseconds) => Now + TimeSpan.FromMilliseconds(milliseconds);
}
