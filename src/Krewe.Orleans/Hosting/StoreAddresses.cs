using Npgsql;
using StackExchange.Redis;

namespace Krewe.Orleans.Hosting;

/// <summary>Checks what configuration says of the stores' whereabouts. What it says may hold a password: no message repeats it.</summary>
internal static class StoreAddresses
{
    /// <summary>What is wrong with it; null if nothing.</summary>
    public static string? WrongRedis(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return "is needed for clustering by Redis: host:port, and options after commas.";
        }

        try
        {
            return ConfigurationOptions.Parse(text).EndPoints.Count > 0 ? null : "names no host.";
        }
        catch (ArgumentException)
        {
            return "is not understood: host:port, and options after commas.";
        }
    }

    /// <summary>What is wrong with it; null if nothing.</summary>
    public static string? WrongPostgreSql(string? text)
    {
        const string Form = "Host=…;Port=…;Database=…;Username=…;Password=….";
        if (string.IsNullOrWhiteSpace(text))
        {
            return $"is needed where clustering or storage is postgresql: {Form}";
        }

        try
        {
            return new NpgsqlConnectionStringBuilder(text).Host is { Length: > 0 } ? null : $"names no Host: {Form}";
        }
        catch (Exception error) when (error is ArgumentException or FormatException or KeyNotFoundException)
        {
            return $"is not understood: {Form}";
        }
    }
}
