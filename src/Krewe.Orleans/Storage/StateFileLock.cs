using Microsoft.Extensions.Hosting;

namespace Krewe.Orleans.Storage;

/// <summary>
/// One silo per state file: two clusters of one silo each would both believe that every actor is theirs, and overwrite
/// each other for as long as they run. Held by a file beside it, which the operating system frees whenever the process ends.
/// </summary>
/// <remarks>A hosted service, so that the silo's container makes it its own at the start, and disposes of it at the end.</remarks>
internal sealed class StateFileLock : IHostedService, IDisposable
{
    private readonly FileStream _held;

    private StateFileLock(FileStream held) => _held = held;

    /// <exception cref="IOException">Another silo has it, or its folder cannot be written.</exception>
    public static StateFileLock Take(string stateFile)
    {
        var path = stateFile + ".lock";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new StateFileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"The state file {stateFile} cannot be opened: {error.Message}", error);
        }
        catch (IOException error) when (File.Exists(path))
        {
            throw new IOException($"The state file {stateFile} is in use by another silo.", error);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _held.Dispose();
}
