namespace Krewe.Testing.Processes;

/// <summary>Finds what the build made of the other projects, in the configuration that this one was built in.</summary>
public static class BuildOutput
{
    /// <summary>The checkout's root.</summary>
    public static string Root { get; } = FindRoot();

    private static string Configuration { get; } =
        AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";

    /// <summary>The assembly of an executable project, such as <c>silo/Krewe.Silo.Local</c>.</summary>
    /// <exception cref="FileNotFoundException">It was not built in this configuration.</exception>
    public static string Assembly(string project)
    {
        var path = Path.Combine(Root, project, "bin", Configuration, "net10.0", Path.GetFileName(project) + ".dll");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{project} is not built in {Configuration}.", path);
    }

    /// <summary>Whether it was built in this configuration.</summary>
    public static bool Has(string project) =>
        File.Exists(Path.Combine(Root, project, "bin", Configuration, "net10.0", Path.GetFileName(project) + ".dll"));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orleans.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"There is no Orleans.sln above {AppContext.BaseDirectory}.");
    }
}
