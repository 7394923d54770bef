using System.Text.Json;
using System.Text.RegularExpressions;

namespace Krewe.Architecture.Tests;

/// <summary>The two solutions hold what they say.</summary>
public sealed partial class SolutionTests
{
    private static readonly string[] NeedTheCluster = ["Krewe.Orleans", "Krewe.Silo", "Krewe.Orleans.Tests", "Krewe.Grpc", "Krewe.Grpc.Tests", "Krewe.Cluster.Tests", "Krewe.Client.Grpc"];

    [Fact]
    public void The_solution_holds_every_project() =>
        Assert.Equal(Paths(Repository.Projects), InSolution().Order(StringComparer.Ordinal));

    [Fact]
    public void The_local_filter_holds_every_project_that_needs_no_missing_package() =>
        Assert.Equal(Paths(Repository.Projects.Where(project => !NeedTheCluster.Contains(project.Name))), InFilter().Order(StringComparer.Ordinal));

    [Fact]
    public void The_top_level_holds_only_what_was_agreed()
    {
        string[] agreed =
        [
            "src", "tests", "silo", "client", "deploy", "Orleans.sln", "global.json", "README.md", "LICENSE",
            "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", ".editorconfig", ".gitignore", ".ci", ".git",
            ".vs", ".idea", "artifacts", "TestResults", // ignored by git
        ];
        var here = Directory.EnumerateFileSystemEntries(Repository.Root).Select(Path.GetFileName).OfType<string>();
        Assert.Empty(here.Except(agreed));
    }

    private static IEnumerable<string> Paths(IEnumerable<Repository.Project> projects) =>
        projects.Select(project => project.Path).Order(StringComparer.Ordinal);

    private static IEnumerable<string> InSolution() =>
        ProjectLine().Matches(File.ReadAllText(Path.Combine(Repository.Root, "Orleans.sln"))).Select(match => match.Groups[1].Value.Replace('\\', '/'));

    private static IEnumerable<string> InFilter()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests", "local.slnf")));
        return [.. json.RootElement.GetProperty("solution").GetProperty("projects").EnumerateArray().Select(project => project.GetString()!.Replace('\\', '/'))];
    }

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex ProjectLine();
}
