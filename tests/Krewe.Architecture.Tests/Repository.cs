using System.Xml.Linq;

namespace Krewe.Architecture.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<Project> Projects { get; } =
    [
        .. new[] { "src", "silo", "client", "tests" }
            .Select(area => Path.Combine(Root, area))
            .Where(Directory.Exists)
            .SelectMany(area => Directory.EnumerateFiles(area, "*.csproj", SearchOption.AllDirectories))
            .Where(path => !IsOutput(path))
            .Order(StringComparer.Ordinal)
            .Select(Project.Load),
    ];

    public static IEnumerable<string> SourceFiles() =>
        Directory.EnumerateFiles(Root, "*.cs", SearchOption.AllDirectories).Where(path => !IsOutput(path));

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static bool IsOutput(string path) =>
        Relative(path).Split('/') is var parts && (parts.Contains("bin") || parts.Contains("obj"));

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

    internal sealed record Project(string Name, string Path, IReadOnlySet<string> References, IReadOnlySet<string> Packages)
    {
        public static Project Load(string path)
        {
            var xml = XDocument.Load(path);
            return new Project(
                System.IO.Path.GetFileNameWithoutExtension(path),
                Relative(path),
                Includes(xml, "ProjectReference").Select(include => System.IO.Path.GetFileNameWithoutExtension(include.Replace('\\', '/'))).ToHashSet(),
                Includes(xml, "PackageReference").ToHashSet());
        }

        private static IEnumerable<string> Includes(XDocument xml, string element) =>
            xml.Descendants(element).Select(item => (string?)item.Attribute("Include")).OfType<string>();
    }
}
