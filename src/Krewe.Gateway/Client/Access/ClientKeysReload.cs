using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Client.Access;

/// <summary>
/// Follows the keys' file: a key that is taken out of it is refused within <see cref="Interval"/>, without a restart. A file
/// that cannot be used changes nothing, and is told once. It is read, not watched: secrets are mounted by links that are
/// turned to another file, of which watchers hear nothing.
/// </summary>
public sealed partial class ClientKeysReload(ClientAccess access, ClientPortOptions options, TimeProvider time, ILogger logger)
{
    private byte[] _last = [];

    /// <summary>How often the file is looked at.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Reads the file for the first time.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">What it holds cannot be; the message says what.</exception>
    public void Load() => Apply(Read());

    /// <summary>Follows it until it is stopped. At once over where there is no file.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        if (options.KeysFile is null)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stop))
        {
            Look();
        }
    }

    /// <summary>Looks once.</summary>
    internal void Look()
    {
        byte[] json = [];
        try
        {
            json = Read();
            if (!IsAsBefore(json))
            {
                Apply(json);
                LogLoaded(logger, options.KeysFile!, access.Count);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            if (_last.Length == 0 || !IsAsBefore(json))
            {
                LogRefused(logger, options.KeysFile!, error.Message);
            }
        }
        finally
        {
            _last = SHA256.HashData(json);
        }
    }

    private bool IsAsBefore(byte[] json) => _last.AsSpan().SequenceEqual(SHA256.HashData(json));

    private byte[] Read()
    {
        var file = new FileInfo(options.KeysFile!);
        return file.Exists && file.Length > ClientKeysFile.MaxBytes
            ? throw new InvalidDataException($"it is larger than {ClientKeysFile.MaxBytes} bytes.")
            : File.ReadAllBytes(file.FullName);
    }

    private void Apply(byte[] json)
    {
        var keys = ClientKeysFile.Parse(json, options.Keys, out var errors);
        if (errors.Count == 0 && keys.Count > ClientPortOptions.MaxKeys)
        {
            errors = [$"There may be {ClientPortOptions.MaxKeys} keys."];
        }

        if (errors.Count > 0)
        {
            throw new InvalidDataException(string.Join(" ", errors));
        }

        access.Replace(keys);
        _last = SHA256.HashData(json);
    }
}
