using Krewe.Orleans.Hosting;

namespace Krewe.Orleans.Tests.Hosting;

public sealed class KreweOrleansOptionsTests
{
    public static TheoryData<string, KreweOrleansOptions> Wrong => new()
    {
        { "ClusterId", new KreweOrleansOptions { ClusterId = "a b" } },
        { "ServiceId", new KreweOrleansOptions { ServiceId = string.Empty } },
        { "SiloPort", new KreweOrleansOptions { SiloPort = -1 } },
        { "SiloPort", new KreweOrleansOptions { SiloPort = 65_536 } },
        { "CallTimeout", new KreweOrleansOptions { CallTimeout = TimeSpan.Zero } },
        { "CallTimeout", new KreweOrleansOptions { CallTimeout = TimeSpan.FromHours(2) } },
        { "CollectionAge", new KreweOrleansOptions { CollectionAge = TimeSpan.FromSeconds(59) } },
        { "CollectionAge", new KreweOrleansOptions { CollectionAge = TimeSpan.FromDays(2) } },
        { "StorageThreads", new KreweOrleansOptions { StorageThreads = 0 } },
        { "StorageThreads", new KreweOrleansOptions { StorageThreads = 65 } },
    };

    [Fact]
    public void Validate_finds_nothing_wrong_with_the_defaults()
    {
        Assert.Empty(new KreweOrleansOptions().Validate());
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_names_the_key_that_cannot_be(string key, KreweOrleansOptions options)
    {
        Assert.StartsWith($"Krewe:Orleans:{key}: ", Assert.Single(options.Validate()), StringComparison.Ordinal);
    }
}
