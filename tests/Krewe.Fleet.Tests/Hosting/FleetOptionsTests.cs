using Krewe.Fleet.Hosting;

namespace Krewe.Fleet.Tests.Hosting;

public sealed class FleetOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(new FleetOptions().Validate());

    [Fact]
    public void Every_bad_value_is_named_by_its_key()
    {
        foreach (var property in typeof(FleetOptions).GetProperties())
        {
            object[] bad = property.PropertyType == typeof(TimeSpan)
                ? [.. property.Name is nameof(FleetOptions.BypassLimit) or nameof(FleetOptions.CutOffAfter) ? Array.Empty<object>() : [TimeSpan.Zero], TimeSpan.FromTicks(-1), TimeSpan.FromHours(2), Timeout.InfiniteTimeSpan]
                : [0, -1, int.MaxValue];
            foreach (var value in bad)
            {
                var options = new FleetOptions();
                property.SetValue(options, value);

                Assert.StartsWith($"Krewe:Fleet:{property.Name}:", Assert.Single(options.Validate()), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Whoever_is_heard_as_often_as_others_renew_is_not_taken_for_lost_between_two_of_these()
    {
        var options = new FleetOptions { RenewInterval = TimeSpan.FromSeconds(1) };
        Assert.StartsWith("Krewe:Fleet:CutOffAfter:", Assert.Single(options.Validate()), StringComparison.Ordinal);

        options.CutOffAfter = TimeSpan.Zero;
        Assert.Empty(options.Validate());
    }
}
