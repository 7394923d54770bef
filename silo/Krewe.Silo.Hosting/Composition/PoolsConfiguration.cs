using Krewe.Core.Pools;
using Krewe.Silo.Hosting.Commands;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>The pools that the operator configured.</summary>
internal static class PoolsConfiguration
{
    /// <exception cref="UsageException">The file cannot be read, or holds what cannot be; the message names the path in it.</exception>
    public static IReadOnlyList<PoolDefinition> Read(string? file)
    {
        if (file is null)
        {
            return [];
        }

        byte[] json;
        try
        {
            if (new FileInfo(file).Length > PoolsFile.MaxBytes)
            {
                throw new UsageException($"--pools: {file} is larger than {PoolsFile.MaxBytes} bytes.");
            }

            json = File.ReadAllBytes(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--pools: {file} cannot be read: {error.Message}", error);
        }

        var result = PoolsFile.Parse(json);
        return result.IsValid ? result.Pools : throw new UsageException($"--pools: {file}: {string.Join("; ", result.Errors)}");
    }
}
