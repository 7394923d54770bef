using Krewe.Silo.Hosting.Commands;
using Microsoft.Extensions.Configuration;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>Where a silo's settings come from: a file beside the binary, a folder of secrets, the environment; the later wins.</summary>
internal static class SiloConfiguration
{
    /// <summary>Names a folder in which each file is a key (<c>Krewe__Client__CacheSecret</c>) and holds its value.</summary>
    public const string SecretsVariable = "KREWE_SECRETS";

    /// <exception cref="UsageException">There is no such folder.</exception>
    public static IConfiguration Read()
    {
        var builder = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true);
        if (Environment.GetEnvironmentVariable(SecretsVariable) is { Length: > 0 } folder)
        {
            builder.AddKeyPerFile(Directory.Exists(folder) ? Path.GetFullPath(folder) : throw new UsageException($"{SecretsVariable}: there is no folder {folder}."));
        }

        return builder.AddEnvironmentVariables().Build();
    }
}
