using Krewe.Fleet.Hosting;
using Krewe.Gateway.Client;
using Krewe.Gateway.Control;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Ports;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Documents;

/// <summary>silo/README.md has every option once, with the default that it has.</summary>
public sealed class OptionPageTests
{
    [Fact]
    public void Every_option_has_one_row_and_the_default_that_is_told()
    {
        // Whether pools are made by registrations is no key: it follows from whether there is a pools' file.
        var faults = Faults<ShutdownOptions>("Krewe:Shutdown")
            .Concat(Faults<ClientPortOptions>("Krewe:Client"))
            .Concat(Faults<FleetOptions>("Krewe:Fleet"))
            .Concat(Faults<ControlOptions>("Krewe:Control").Where(fault => !fault.StartsWith($"Krewe:Control:{nameof(ControlOptions.CreatePools)} ", StringComparison.Ordinal)))
            .Concat(Faults<PortLimits>(PortLimits.Section))
            .Concat(Faults<PortTlsOptions>($"{SiloTlsOptions.Section}:{nameof(SiloTlsOptions.Client)}"))
            .Concat(Faults<PeerTlsOptions>($"{SiloTlsOptions.Section}:{nameof(SiloTlsOptions.Silos)}"))
            .Concat(Faults<EngineTlsOptions>(EngineTlsOptions.Section));
        Assert.Empty(faults);
    }

    [Fact]
    public void No_row_tells_of_an_option_that_there_is_not()
    {
        Assert.Empty(Unknown<ShutdownOptions>("Krewe:Shutdown"));
        Assert.Empty(Unknown<ClientPortOptions>("Krewe:Client"));
        Assert.Empty(Unknown<FleetOptions>("Krewe:Fleet"));
        Assert.Empty(Unknown<ControlOptions>("Krewe:Control"));
        Assert.Empty(Unknown<PortLimits>(PortLimits.Section));
        Assert.Empty(Unknown<EngineTlsOptions>(EngineTlsOptions.Section));
    }

    private static IReadOnlyList<string> Faults<T>(string section)
        where T : new() =>
        OptionPage.Faults(section, new T());

    private static IEnumerable<string> Unknown<T>(string section)
    {
        var keys = OptionPage.Keys(section);
        Assert.NotEmpty(keys);
        return keys.Where(key => typeof(T).GetProperty(key[(section.Length + 1)..].Split(':')[0]) is null);
    }
}
