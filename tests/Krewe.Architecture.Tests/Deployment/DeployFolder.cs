using Krewe.Core.Pools;

namespace Krewe.Architecture.Tests.Deployment;

/// <summary>The files of <c>deploy</c>.</summary>
internal static class DeployFolder
{
    public static string Root { get; } = Path.Combine(Repository.Root, "deploy");

    public static IEnumerable<string> Files(string pattern) =>
        Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories).Where(path => !path.Contains("/secrets/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static string Source(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    public static List<Yaml> Kubernetes { get; } =
        [.. Yaml.Read(Path.Combine(Root, "kubernetes", "kustomization.yaml"))[0]["resources"].Texts.SelectMany(name => Yaml.Read(Path.Combine(Root, "kubernetes", name)))];

    /// <summary>Pools of a pools file, which has to be valid.</summary>
    public static IReadOnlyList<PoolDefinition> Pools(string json)
    {
        var result = PoolsFile.Parse(System.Text.Encoding.UTF8.GetBytes(json));
        Assert.True(result.IsValid, string.Join("; ", result.Errors));
        return result.Pools;
    }

    /// <summary>Seconds of <c>50s</c> or <c>00:00:50</c> or <c>50</c>.</summary>
    public static double Seconds(string text) => text.Contains(':', StringComparison.Ordinal)
        ? TimeSpan.Parse(text, System.Globalization.CultureInfo.InvariantCulture).TotalSeconds
        : double.Parse(text.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture);
}
