using Krewe.Core.Identity;
using Krewe.Core.Membership;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Membership;

public sealed class TableWatchTests
{
    private static readonly SiloId[] All = [new("a"), new("b"), new("c")];
    private static readonly TableWatchOptions Options = new();

    private Monotonic _now = new(TimeSpan.FromHours(1).Ticks);

    [Fact]
    public void A_table_that_has_the_silo_and_is_not_older_wants_nothing()
    {
        var watch = Watch("a");
        Assert.Equal(TableStep.None, watch.Next(Sight(7, All), _now));
        Assert.False(watch.IsAlarmed);
        Assert.Equal(TableStep.None, watch.Next(Sight(9, All), _now));
        Assert.False(watch.IsAlarmed);
    }

    [Fact]
    public void A_table_that_does_not_answer_is_an_alarm_and_never_a_reason_to_go()
    {
        var watch = Watch("a");
        for (var hour = 0; hour < 10; hour++)
        {
            Assert.Equal(TableStep.None, watch.Next(null, _now));
            Assert.True(watch.IsAlarmed);
            _now += TimeSpan.FromHours(1);
        }

        watch.Next(Sight(7, All), _now);
        Assert.False(watch.IsAlarmed);
    }

    [Fact]
    public void An_empty_table_gets_each_silo_s_row_and_then_a_version_from_the_first_of_them()
    {
        var (first, second) = (Watch("a"), Watch("b"));
        Assert.Equal(TableStep.Register, first.Next(Sight(0), _now));
        Assert.Equal(TableStep.Register, second.Next(Sight(1, All[0]), _now));
        Assert.Equal(TableStep.None, first.Next(Sight(2, All[0], All[1]), _now));
        Assert.Equal(TableStep.Raise, first.Next(Sight(3, All), _now));
        Assert.Equal(TableStep.None, second.Next(Sight(3, All), _now));
        Assert.True(second.IsAlarmed);
        Assert.Equal(TableStep.None, second.Next(Sight(8, All), _now));
        Assert.False(second.IsAlarmed);
    }

    [Fact]
    public void Rows_that_do_not_come_are_waited_for_and_not_for_ever()
    {
        var watch = Watch("b");
        Assert.Equal(TableStep.None, watch.Next(Sight(2, All[1], All[2]), _now));
        Assert.Equal(TableStep.None, watch.Next(Sight(2, All[1], All[2]), _now + Options.RaiseWait - TimeSpan.FromTicks(1)));
        Assert.Equal(TableStep.Raise, watch.Next(Sight(2, All[1], All[2]), _now + Options.RaiseWait));
    }

    [Fact]
    public void Silos_that_the_table_refuses_go_one_at_a_time()
    {
        for (var turn = 0; turn < All.Length; turn++)
        {
            var watch = Watch(All[turn].Value);
            var goes = Options.ReconvergeLimit + (turn * Options.LeaveTurn);
            Assert.Equal(TableStep.Register, watch.Next(Sight(0), _now));
            Assert.Equal(TableStep.Register, watch.Next(Sight(0), _now + goes - TimeSpan.FromTicks(1)));
            Assert.Equal(TableStep.Leave, watch.Next(Sight(0), _now + goes));
        }
    }

    [Fact]
    public void Time_in_which_the_table_does_not_answer_does_not_count_against_a_silo()
    {
        var watch = Watch("a");
        Assert.Equal(TableStep.Register, watch.Next(Sight(0), _now));
        Assert.Equal(TableStep.None, watch.Next(null, _now + Options.ReconvergeLimit));
        Assert.Equal(TableStep.Register, watch.Next(Sight(0), _now + Options.ReconvergeLimit));
    }

    [Fact]
    public void A_newer_table_without_the_silo_is_the_others_word_that_it_is_dead()
    {
        var watch = Watch("a");
        Assert.Equal(TableStep.None, watch.Next(Sight(8, All[1], All[2]), _now));
        Assert.True(watch.IsAlarmed);
    }

    [Fact]
    public void Each_step_has_a_word_of_its_own() =>
        Assert.Distinct(Enum.GetValues<TableStep>().Except([TableStep.None]).Select(step => step.MetricTag()));

    private static TableWatch Watch(string self) => new(new SiloId(self), Options);

    private static TableSight Sight(long version, params SiloId[] members) => new(version, members, 7, All);
}
