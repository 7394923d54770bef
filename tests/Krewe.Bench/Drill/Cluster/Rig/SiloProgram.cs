namespace Krewe.Bench.Drill.Cluster.Rig;

/// <summary>Which releases of the silo a drill starts.</summary>
/// <param name="Current">The assembly that was built with the drill.</param>
/// <param name="Previous">That of an earlier release; null: none was given.</param>
internal sealed record SiloProgram(string Current, string? Previous)
{
    /// <summary>The silo's assembly in a folder of built files.</summary>
    public static string In(string folder) => Path.Combine(folder, "Krewe.Silo.dll");
}
