using System.Text.RegularExpressions;

namespace Krewe.Architecture.Tests;

/// <summary>Rules of the house that no analyzer knows.</summary>
public sealed partial class StyleTests
{
    private const int LongestFile = 400;

    [Fact]
    public void No_file_is_longer_than_four_hundred_lines() =>
        Assert.Empty(Repository.SourceFiles().Where(path => File.ReadLines(path).Count() > LongestFile).Select(Repository.Relative));

    [Fact]
    public void No_type_is_called_manager_helper_utils_or_common() =>
        Assert.Empty(Repository.SourceFiles()
            .Where(path => VagueName().IsMatch(Path.GetFileNameWithoutExtension(path)))
            .Select(Repository.Relative));

    [Fact]
    public void The_rules_of_core_do_no_io() =>
        Assert.Empty(Repository.SourceFiles()
            .Where(path => Repository.Relative(path).StartsWith("src/Krewe.Core/", StringComparison.Ordinal))
            .Where(path => InputOutput().IsMatch(File.ReadAllText(path)))
            .Select(Repository.Relative));

    [Fact]
    public void Logging_is_by_generated_messages_only() =>
        Assert.Empty(Repository.SourceFiles()
            .Where(path => Repository.Relative(path) is var relative && (relative.StartsWith("src/", StringComparison.Ordinal) || relative.StartsWith("silo/", StringComparison.Ordinal)))
            .Where(path => DirectLog().IsMatch(File.ReadAllText(path)))
            .Select(Repository.Relative));

    [GeneratedRegex("(Manager|Helper|Helpers|Utils|Utility|Common)$")]
    private static partial Regex VagueName();

    [GeneratedRegex(@"System\.IO\b|System\.Net\.(Http|Sockets)|System\.Threading\.Tasks|\bFile\.|\bDirectory\.|\basync\b|\bHttpClient\b")]
    private static partial Regex InputOutput();

    [GeneratedRegex(@"\.Log(Trace|Debug|Information|Warning|Error|Critical)\(")]
    private static partial Regex DirectLog();
}
