using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Krewe.Silo.Hosting.Commands;
using Microsoft.Extensions.Logging;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>The API keys that the operator configured, and the file that they are followed in.</summary>
internal static class ClientKeysConfiguration
{
    /// <exception cref="UsageException">The keys' file cannot be read, or holds what cannot be.</exception>
    public static (ClientAccess Access, ClientKeysReload Reload) Open(ClientPortOptions options, TimeProvider time, ILogger<ClientKeysReload> logger)
    {
        var access = new ClientAccess(options, time);
        var reload = new ClientKeysReload(access, options, time, logger);
        try
        {
            if (options.KeysFile is not null)
            {
                reload.Load();
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
        {
            throw new UsageException($"Krewe:Client:KeysFile: {options.KeysFile}: {error.Message}", error);
        }

        return (access, reload);
    }
}
