using Krewe.Fleet.Hosting;

namespace Krewe.Fleet.Tests.Feeds;

public sealed class CutOffTests : IDisposable
{
    private static readonly FleetOptions Options = new();

    private readonly SharedWorld _world = new("east", "west", "north");

    public CutOffTests() => _world.Pass(TimeSpan.FromSeconds(2));

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Silos_that_have_nothing_to_say_hear_each_other_all_the_same()
    {
        for (var i = 0; i < 200; i++)
        {
            _world.Pass(Options.FrameInterval);
            Assert.Empty(CutOff());
        }
    }

    [Fact]
    public void One_that_is_parted_from_the_others_is_cut_off_and_the_others_are_not()
    {
        Part(from => from == "north");
        _world.Pass(Options.CutOffAfter);

        Assert.Equal(["north"], CutOff());
    }

    [Fact]
    public void It_is_not_any_more_when_it_hears_one_of_them_again()
    {
        Part(from => from == "north");
        _world.Pass(Options.CutOffAfter);
        Assert.Equal(["north"], CutOff());
        Part(_ => false);
        _world.Pass(Options.RenewInterval);

        Assert.Empty(CutOff());
    }

    [Fact]
    public void It_serves_again_where_nothing_comes_of_it()
    {
        Part(from => from == "north");
        _world.Pass(Options.CutOffAfter);
        Assert.Equal(["north"], CutOff());
        _world.Pass(Options.CutOffHold);

        Assert.Empty(CutOff());
    }

    [Fact]
    public void One_whose_others_have_ended_is_not_cut_off()
    {
        _world.RefusesRenewal = _ => true;
        _world.Pass(Options.CutOffAfter + Options.RenewInterval);

        Assert.Empty(CutOff());
    }

    private void Part(Func<string, bool> isApart)
    {
        _world.Renews = (from, to) => isApart(from.Value) == isApart(to.Value);
        _world.Delivers = (from, to, _) => isApart(from.Value) == isApart(to.Value);
    }

    private IEnumerable<string> CutOff() => new[] { "east", "west", "north" }.Where(silo => _world[silo].Sharing.IsCutOff);
}
