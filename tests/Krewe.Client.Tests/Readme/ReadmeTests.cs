using System.Text.RegularExpressions;
using Krewe.Testing.Processes;

namespace Krewe.Client.Tests.Readme;

/// <summary>client/README.md shows code that compiles, and options as they are.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(BuildOutput.Root, "client", "README.md"));
    private static readonly string Source = File.ReadAllText(Path.Combine(BuildOutput.Root, "tests", "Krewe.Client.Tests", "Readme", "Snippets.cs"));

    [Fact]
    public void Every_piece_of_code_is_one_that_compiles()
    {
        var shown = Shown().Matches(Readme);
        Assert.Equal(Fenced().Count(Readme), shown.Count);
        var compiled = Compiled().Matches(Source).ToDictionary(match => match.Groups[1].Value, match => Outdented(match.Groups[2].Value));
        Assert.Equal(compiled.Keys.Order(), shown.Select(match => match.Groups[1].Value).Order());
        Assert.All(shown, match => Assert.Equal(compiled[match.Groups[1].Value], match.Groups[2].Value.TrimEnd()));
    }

    [Fact]
    public void Every_option_is_listed()
    {
        var listed = typeof(KreweClientOptions).GetProperties().Where(property => property.Name != nameof(KreweClientOptions.Retry)).Select(property => $"`{property.Name}`")
            .Concat(typeof(KreweRetryOptions).GetProperties().Select(property => $":{property.Name}`"));
        Assert.All(listed, name => Assert.Contains(name, Readme, StringComparison.Ordinal));
    }

    private static string Outdented(string code)
    {
        var lines = code.Split('\n');
        return string.Join('\n', lines.Select(line => line.Length >= 8 ? line[8..] : line)).Trim('\n').TrimEnd();
    }

    [GeneratedRegex("<!-- snippet: ([a-z-]+) -->\n```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shown();

    [GeneratedRegex("```csharp\n")]
    private static partial Regex Fenced();

    [GeneratedRegex("#region ([a-z-]+)\n(.*?) *#endregion", RegexOptions.Singleline)]
    private static partial Regex Compiled();
}
