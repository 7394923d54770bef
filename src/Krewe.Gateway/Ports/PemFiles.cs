using System.Security.Cryptography;
using Krewe.Core.Time;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Gateway.Ports;

/// <summary>
/// Certificates in PEM files that may be replaced while they are in use. The files are looked at when a certificate is asked
/// for, at most every <see cref="Interval"/>; what cannot be read is told, and the last good ones stay. Thread-safe.
/// </summary>
internal sealed partial class PemFiles<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly string[] _files;
    private readonly Func<T> _load;
    private readonly TimeProvider _time;
    private byte[] _seen;
    private Monotonic _lookedAt;
    private T _current;

    /// <param name="files">What changes when the certificates do.</param>
    /// <param name="load">Makes them from the files.</param>
    /// <param name="time">The clock.</param>
    public PemFiles(IEnumerable<string?> files, Func<T> load, TimeProvider time)
    {
        _files = [.. files.OfType<string>()];
        _load = load;
        _time = time;
        _seen = Digest();
        _current = load();
        _lookedAt = time.GetMonotonic();
    }

    /// <summary>How often the files are looked at, at most.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Where it is told what cannot be read. Default: nowhere.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    public T Current
    {
        get
        {
            lock (_gate)
            {
                if (_time.GetMonotonic() - _lookedAt >= Interval)
                {
                    _lookedAt = _time.GetMonotonic();
                    Look();
                }

                return _current;
            }
        }
    }

    private void Look()
    {
        try
        {
            var digest = Digest();
            if (digest.AsSpan().SequenceEqual(_seen))
            {
                return;
            }

            _seen = digest;
            _current = _load();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            // Certificate and key are two files: between their changes they do not fit.
            LogRefused(Logger, string.Join(", ", _files), error.Message);
        }
    }

    private byte[] Digest()
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in _files)
        {
            digest.AppendData(File.ReadAllBytes(file));
        }

        return digest.GetHashAndReset();
    }
}
