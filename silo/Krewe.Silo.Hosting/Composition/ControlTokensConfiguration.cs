using Krewe.Gateway.Control.Access;
using Krewe.Silo.Hosting.Commands;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>The tokens' file of the control port, and who follows it.</summary>
internal static class ControlTokensConfiguration
{
    /// <exception cref="UsageException">The file cannot be read, or holds what cannot be.</exception>
    public static void Load(ControlTokensReload reload, string? file)
    {
        try
        {
            reload.Load();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
        {
            throw new UsageException($"Krewe:Control:TokensFile: {file}: {error.Message}", error);
        }
    }
}
