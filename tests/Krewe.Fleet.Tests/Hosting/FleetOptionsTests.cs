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
                ? [.. property.Name == nameof(FleetOptions.BypassLimit) ? Array.Empty<object>() : [TimeSpan.Zero], TimeSpan.FromTicks(-1), TimeSpan.FromHours(2), Timeout.InfiniteTimeSpan]
                : [0, -1, int.MaxValue];
            foreach (var value in bad)
            {
                var options = new FleetOptions();
                property.SetValue(options, value);

                Assert.StartsWith($"Krewe:Fleet:{property.Name}:", Assert.Single(options.Validate()), StringComparison.Ordinal);
            }
        }
    }
}
