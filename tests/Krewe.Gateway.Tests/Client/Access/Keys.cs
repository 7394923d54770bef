using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;

namespace Krewe.Gateway.Tests.Client.Access;

/// <summary>API keys for tests.</summary>
internal static class Keys
{
    public const string Secret = "a secret of the tests, thirty-two characters or more";

    /// <summary>A key that <paramref name="options"/> knows, as a client shows it.</summary>
    public static string Add(this ClientPortOptions options, string id, Action<ClientKeyOptions>? shape = null)
    {
        var (key, sha256) = ClientKey.New(id);
        var entry = new ClientKeyOptions { Id = id, Sha256 = sha256 };
        shape?.Invoke(entry);
        options.Keys.Add(entry);
        options.CacheSecret = Secret;
        Assert.Empty(options.Validate());
        return key;
    }

    public static (string Name, string Value) Bearer(string key) => ("Authorization", "Bearer " + key);
}
