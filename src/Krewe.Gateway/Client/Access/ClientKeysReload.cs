using Krewe.Gateway.Access;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Client.Access;

/// <summary>Follows the keys' file: a key that is taken out of it is refused within <see cref="Interval"/>, without a restart.</summary>
public sealed class ClientKeysReload
{
    private readonly ClientAccess _access;
    private readonly ClientPortOptions _options;
    private readonly FollowedFile? _file;

    /// <param name="access">What knows the keys.</param>
    /// <param name="options">Valid ones; where they name no file there is nothing to follow.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where changes are told.</param>
    public ClientKeysReload(ClientAccess access, ClientPortOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_access, _options) = (access, options);
        _file = options.KeysFile is { } path ? new FollowedFile(path, ClientKeysFile.MaxBytes, Apply, time, logger) : null;
    }

    /// <summary>How often the file is looked at.</summary>
    public static TimeSpan Interval => FollowedFile.Interval;

    /// <summary>Reads the file for the first time.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">What it holds cannot be; the message says what.</exception>
    public void Load() => _file?.Load();

    /// <summary>Follows it until it is stopped. At once over where there is no file.</summary>
    public Task RunAsync(CancellationToken stop) => _file?.RunAsync(stop) ?? Task.CompletedTask;

    /// <summary>Looks once.</summary>
    internal void Look() => _file?.Look();

    private void Apply(byte[] json)
    {
        var keys = ClientKeysFile.Parse(json, _options.Keys, out var errors);
        if (errors.Count == 0 && keys.Count > ClientPortOptions.MaxKeys)
        {
            errors = [$"There may be {ClientPortOptions.MaxKeys} keys."];
        }

        if (errors.Count > 0)
        {
            throw new InvalidDataException(string.Join(" ", errors));
        }

        _access.Replace(keys);
    }
}
