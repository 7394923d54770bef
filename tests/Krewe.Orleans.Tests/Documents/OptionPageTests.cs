using Krewe.Orleans.Hosting;
using Krewe.Testing;

namespace Krewe.Orleans.Tests.Documents;

/// <summary>silo/README.md has every option of the cluster once, with the default that it has.</summary>
public sealed class OptionPageTests
{
    [Fact]
    public void Every_option_has_one_row_and_the_default_that_is_told() =>
        Assert.Empty(OptionPage.Faults(KreweOrleansOptions.Section, new KreweOrleansOptions()));
}
