using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Access;

/// <summary>
/// Follows a file of credentials: what it holds is in use, and what is taken out of it refused, within
/// <see cref="Interval"/>, without a restart. A file that cannot be used changes nothing, and is told once. It is read, not
/// watched: secrets are mounted by links that are turned to another file, of which watchers hear nothing.
/// </summary>
public sealed partial class FollowedFile
{
    private readonly int _maxBytes;
    private readonly Action<byte[]> _apply;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private byte[] _last = [];

    /// <param name="path">The file; null where there is none, and nothing to follow.</param>
    /// <param name="maxBytes">The largest file, in bytes.</param>
    /// <param name="apply">Puts what it holds to use; throws <see cref="InvalidDataException"/>, which says why, where that cannot be.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where changes are told.</param>
    internal FollowedFile(string? path, int maxBytes, Action<byte[]> apply, TimeProvider time, ILogger logger) =>
        (Path, _maxBytes, _apply, _time, _logger) = (path, maxBytes, apply, time, logger);

    /// <summary>How often the file is looked at.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(2);

    /// <summary>The file, if there is one.</summary>
    public string? Path { get; }

    /// <summary>Reads the file for the first time.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">What it holds cannot be; the message says what.</exception>
    public void Load()
    {
        if (Path is { } path)
        {
            var bytes = Read(path);
            _apply(bytes);
            _last = SHA256.HashData(bytes);
        }
    }

    /// <summary>Follows it until it is stopped. At once over where there is no file.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        if (Path is null)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, _time);
        while (await timer.WaitForNextTickAsync(stop))
        {
            Look();
        }
    }

    /// <summary>Looks once.</summary>
    internal void Look()
    {
        if (Path is not { } path)
        {
            return;
        }

        byte[] bytes = [];
        try
        {
            bytes = Read(path);
            if (!IsAsBefore(bytes))
            {
                _apply(bytes);
                LogLoaded(_logger, path);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            if (_last.Length == 0 || !IsAsBefore(bytes))
            {
                LogRefused(_logger, path, error.Message);
            }
        }
        finally
        {
            _last = SHA256.HashData(bytes);
        }
    }

    private bool IsAsBefore(byte[] bytes) => _last.AsSpan().SequenceEqual(SHA256.HashData(bytes));

    private byte[] Read(string path)
    {
        var file = new FileInfo(path);
        return file.Exists && file.Length > _maxBytes
            ? throw new InvalidDataException($"it is larger than {_maxBytes} bytes.")
            : File.ReadAllBytes(file.FullName);
    }
}
