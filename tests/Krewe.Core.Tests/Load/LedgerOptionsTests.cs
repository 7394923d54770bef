using Krewe.Core.Load;

namespace Krewe.Core.Tests.Load;

public sealed class LedgerOptionsTests
{
    public static TheoryData<string, LedgerOptions> Wrong => new()
    {
        { "AssertInterval", new LedgerOptions { AssertInterval = TimeSpan.Zero } },
        { "PresumeLimit", new LedgerOptions { PresumeLimit = TimeSpan.FromSeconds(3) } },
        { "AssertLimit", new LedgerOptions { AssertLimit = TimeSpan.FromSeconds(4) } },
        { "TombstoneFor", new LedgerOptions { TombstoneFor = TimeSpan.Zero } },
        { "MaxTombstones", new LedgerOptions { MaxTombstones = 0 } },
        { "MaxReservations", new LedgerOptions { MaxReservations = 0 } },
        { "ReportLimit", new LedgerOptions { ReportLimit = TimeSpan.Zero } },
    };

    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(new LedgerOptions().Validate());

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_value_is_told_with_its_key(string key, LedgerOptions options) =>
        Assert.Contains(options.Validate("Krewe:Ledger"), error => error.StartsWith($"Krewe:Ledger:{key} must ", StringComparison.Ordinal));
}
