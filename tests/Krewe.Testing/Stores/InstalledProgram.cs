namespace Krewe.Testing.Stores;

/// <summary>Finds programs that the machine may or may not have.</summary>
internal static class InstalledProgram
{
    /// <summary>Where it is; null if it is not installed. Beside the path, where Debian keeps PostgreSQL's, newest first.</summary>
    public static string? Find(string name)
    {
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        const string OfPostgreSql = "/usr/lib/postgresql";
        if (Directory.Exists(OfPostgreSql))
        {
            folders = Directory.GetDirectories(OfPostgreSql)
                .OrderByDescending(folder => double.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin"))
                .Concat(folders);
        }

        return folders.Append("/usr/sbin").Append("/sbin").Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }
}
