using Krewe.Gateway.Access;
using Krewe.Silo.Hosting.Commands;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>The files of credentials that the operator configured.</summary>
internal static class CredentialFiles
{
    /// <summary>Reads a file for the first time, and follows it from then on.</summary>
    /// <param name="file">The file.</param>
    /// <param name="key">The key of the configuration that names it.</param>
    /// <exception cref="UsageException">It cannot be read, or holds what cannot be.</exception>
    public static BackgroundLoop Follow(FollowedFile file, string key)
    {
        try
        {
            file.Load();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
        {
            throw new UsageException($"{key}: {file.Path}: {error.Message}", error);
        }

        return BackgroundLoop.Start(file.RunAsync);
    }
}
