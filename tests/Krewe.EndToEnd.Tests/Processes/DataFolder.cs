namespace Krewe.EndToEnd.Tests.Processes;

/// <summary>A folder for a silo's state, gone after the test.</summary>
internal sealed class DataFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("krewe-e2e-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
