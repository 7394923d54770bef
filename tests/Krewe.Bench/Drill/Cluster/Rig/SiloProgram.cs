namespace Krewe.Bench.Drill.Cluster.Rig;

/// <summary>Which releases of the silo a drill starts.</summary>
/// <param name="Current">The assembly that was built with the drill.</param>
/// <param name="Previous">That of an earlier release; null: none was given.</param>
internal sealed record SiloProgram(string Current, string? Previous)
{
    /// <summary>Settings of the drill's, as environment variables, that the earlier release does not know yet, and refuses.</summary>
    public IReadOnlyList<string> UnknownToPrevious { get; init; } = [];

    /// <summary>The silo's assembly in a folder of built files.</summary>
    public static string In(string folder) => Path.Combine(folder, "Krewe.Silo.dll");
}
