using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Access;

/// <summary>
/// Follows a file of credentials: what it holds is in use within <see cref="Interval"/>, without a restart. A file that
/// cannot be used changes nothing, and is told once. It is read, not watched: secrets are mounted by links that are turned
/// to another file, of which watchers hear nothing.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="maxBytes">The largest file, in bytes.</param>
/// <param name="apply">Puts what it holds to use; throws <see cref="InvalidDataException"/>, which says why, where that cannot be.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where changes are told.</param>
internal sealed partial class FollowedFile(string path, int maxBytes, Action<byte[]> apply, TimeProvider time, ILogger logger)
{
    private byte[] _last = [];

    /// <summary>How often the file is looked at.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Reads the file for the first time.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">What it holds cannot be; the message says what.</exception>
    public void Load()
    {
        var bytes = Read();
        apply(bytes);
        _last = SHA256.HashData(bytes);
    }

    /// <summary>Follows it until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stop))
        {
            Look();
        }
    }

    /// <summary>Looks once.</summary>
    public void Look()
    {
        byte[] bytes = [];
        try
        {
            bytes = Read();
            if (!IsAsBefore(bytes))
            {
                apply(bytes);
                LogLoaded(logger, path);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            if (_last.Length == 0 || !IsAsBefore(bytes))
            {
                LogRefused(logger, path, error.Message);
            }
        }
        finally
        {
            _last = SHA256.HashData(bytes);
        }
    }

    private bool IsAsBefore(byte[] bytes) => _last.AsSpan().SequenceEqual(SHA256.HashData(bytes));

    private byte[] Read()
    {
        var file = new FileInfo(path);
        return file.Exists && file.Length > maxBytes
            ? throw new InvalidDataException($"it is larger than {maxBytes} bytes.")
            : File.ReadAllBytes(file.FullName);
    }
}
