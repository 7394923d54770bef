using System.Text.RegularExpressions;

namespace Krewe.Architecture.Tests;

/// <summary>deploy/SECURITY.md names tests and options that there are.</summary>
public sealed partial class SecurityPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "SECURITY.md"));

    private static readonly ILookup<string, string> TestClasses = Repository.SourceFiles()
        .Where(path => Repository.Relative(path).StartsWith("tests/", StringComparison.Ordinal))
        .ToLookup(path => Path.GetFileNameWithoutExtension(path).Split('.')[0]);

    [Fact]
    public void Each_row_names_a_test()
    {
        var rows = Page.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(2).ToList();
        Assert.True(rows.Count > 25, $"{rows.Count} rows");
        Assert.All(rows, row => Assert.True(TestName().IsMatch(row.Split('|')[4]), row));
    }

    [Fact]
    public void Each_test_that_is_named_exists()
    {
        var named = TestName().Matches(Page).Select(match => (Class: match.Groups[1].Value, Method: match.Groups[2].Value)).Distinct().ToList();
        Assert.NotEmpty(named);
        Assert.All(named, test => Assert.True(TestClasses[test.Class].Any(file => IsTest(File.ReadAllText(file), test.Method)), $"There is no test {test.Class}.{test.Method}."));
    }

    [Fact]
    public void Each_option_that_is_named_is_in_the_configuration_reference()
    {
        var reference = File.ReadAllText(Path.Combine(Repository.Root, "silo", "README.md"));
        var options = Option().Matches(Page).Select(match => match.Groups[1].Value).Where(option => !option.EndsWith('*')).Distinct().ToList();
        Assert.NotEmpty(options);
        Assert.All(options, option => Assert.Contains(option, reference, StringComparison.Ordinal));
    }

    /// <summary>A public method under an attribute that makes it a test.</summary>
    private static bool IsTest(string source, string method) => Regex.IsMatch(
        source, $@"\[(Fact|Theory)(?:(?!public )[\s\S])*?public (async Task|void|Task) {method}\(", RegexOptions.None, TimeSpan.FromSeconds(5));

    [GeneratedRegex(@"`([A-Za-z]+Tests)\.([A-Za-z0-9_]+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"`(Krewe:[A-Za-z:*]+)`")]
    private static partial Regex Option();
}
