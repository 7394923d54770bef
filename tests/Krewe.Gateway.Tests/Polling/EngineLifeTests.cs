using Krewe.Core.Identity;
using Krewe.Core.Randomness;
using Krewe.Gateway.Polling;

namespace Krewe.Gateway.Tests.Polling;

public sealed class EngineLifeTests
{
    [Fact]
    public void A_process_that_tells_its_start_is_named_by_it_and_lives_while_it_says_so()
    {
        var life = Life();
        Assert.True(life.MustAsk);

        Assert.True(life.Answered("1.7e+09", wasAsked: true));
        Assert.Equal("process-1700000000", life.Incarnation?.Value);
        Assert.False(life.MustAsk);
        Assert.False(life.Answered("1700000000", wasAsked: true));

        life.Refused();
        Assert.True(life.MustAsk);
        Assert.False(life.Answered("1700000000.0", wasAsked: true));
        Assert.False(life.MustAsk);

        Assert.True(life.Answered("1700000042.5", wasAsked: true));
        Assert.Equal("process-1700000042.5", life.Incarnation?.Value);
    }

    [Fact]
    public void A_process_that_tells_nothing_has_a_new_life_when_it_was_down_and_came_back()
    {
        var life = Life();
        Assert.True(life.Answered(null, wasAsked: true));
        var first = life.Incarnation;
        Assert.True(IncarnationId.IsValid(first?.Value));

        Assert.False(life.Answered(null, wasAsked: true));
        Assert.False(life.Answered(null, wasAsked: false));
        Assert.Equal(first, life.Incarnation);

        life.Refused();
        life.Refused();
        Assert.True(life.Answered(null, wasAsked: true));
        Assert.NotEqual(first, life.Incarnation);
    }

    [Fact]
    public void A_life_is_not_judged_before_the_engine_was_asked()
    {
        var life = Life();
        life.Answered(null, wasAsked: true);
        var first = life.Incarnation;
        life.Refused();

        Assert.False(life.Answered(null, wasAsked: false));
        Assert.True(life.MustAsk);
        Assert.Equal(first, life.Incarnation);
        Assert.True(life.Answered(null, wasAsked: true));
    }

    [Fact]
    public void A_start_that_is_told_later_belongs_to_the_life_that_runs()
    {
        var life = Life();
        life.Answered(null, wasAsked: true);
        var first = life.Incarnation;

        Assert.False(life.Answered("1700000000", wasAsked: true));
        Assert.Equal(first, life.Incarnation);
        Assert.True(life.Answered("1700000001", wasAsked: true));
    }

    [Fact]
    public void One_that_told_its_start_and_is_dumb_after_it_was_down_has_a_new_life()
    {
        var life = Life();
        life.Answered("1700000000", wasAsked: true);
        Assert.False(life.Answered(null, wasAsked: true));
        life.Refused();

        Assert.True(life.Answered(null, wasAsked: true));
        Assert.False(life.Answered("1700000099", wasAsked: true));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("NaN")]
    [InlineData("+Inf")]
    [InlineData("-5")]
    [InlineData("0")]
    [InlineData("")]
    public void A_start_of_nonsense_is_none(string start)
    {
        var life = Life();

        Assert.True(life.Answered(start, wasAsked: true));
        Assert.StartsWith("seen-", life.Incarnation?.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_poller_registered_before_goes_on_until_it_is_seen_to_end()
    {
        var told = new EngineLife(new SeededRandom(1), new IncarnationId("process-1700000000"));
        Assert.False(told.Answered("1700000000", wasAsked: true));
        Assert.True(told.Answered("1700000001", wasAsked: true));

        var seen = new EngineLife(new SeededRandom(1), new IncarnationId("seen-abc"));
        Assert.False(seen.Answered(null, wasAsked: true));
        Assert.Equal("seen-abc", seen.Incarnation?.Value);

        var agents = new EngineLife(new SeededRandom(1), new IncarnationId("an-agents-own"));
        Assert.True(agents.Answered(null, wasAsked: true));
    }

    [Fact]
    public void A_renewed_life_has_a_name_of_its_own()
    {
        var life = Life();
        life.Answered("1700000000", wasAsked: true);

        life.Renew();

        Assert.StartsWith("seen-", life.Incarnation?.Value, StringComparison.Ordinal);
        Assert.False(life.Answered("1700000000", wasAsked: true));
    }

    private static EngineLife Life() => new(new SeededRandom(1));
}
