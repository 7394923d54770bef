using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Krewe.Testing.Processes;

namespace Krewe.Testing;

/// <summary>
/// The tables of options in silo/README.md: <c>| `Krewe:Section:First`, `:Second` | default, default | meaning |</c>. A test holds
/// them against the classes that the options are.
/// </summary>
public static partial class OptionPage
{
    private const string Document = "silo/README.md";

    /// <summary>What is wrong with the rows of a section: an option without a row or with two, or a default that is not the code's.</summary>
    /// <param name="section">Such as <c>Krewe:Fleet</c>.</param>
    /// <param name="options">The section's options, as they are by default.</param>
    public static IReadOnlyList<string> Faults(string section, object options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var rows = Rows();
        var faults = new List<string>();
        foreach (var property in options.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(property => property.SetMethod is { IsPublic: true }))
        {
            var key = $"{section}:{property.Name}";
            var value = property.GetValue(options);
            if (Written(value, property.PropertyType) is not { } right)
            {
                // A section of its own.
                faults.AddRange(Faults(key, value!));
                continue;
            }

            var told = rows.Where(row => row.Key == key).Select(row => row.Default).ToList();
            if (told.Count != 1)
            {
                faults.Add($"{key} has {told.Count} rows in {Document}.");
            }
            else if (told[0] != right && !told[0].StartsWith(right + ";", StringComparison.Ordinal))
            {
                faults.Add($"{key} is {right} by default; {Document} says {told[0]}.");
            }
        }

        return faults;
    }

    /// <summary>The options that have a row in a section, with the section: to see that none is told that there is not.</summary>
    public static IReadOnlyList<string> Keys(string section) =>
        [.. Rows().Select(row => row.Key).Where(key => key.StartsWith(section + ":", StringComparison.Ordinal))];

    private static List<(string Key, string Default)> Rows()
    {
        var rows = new List<(string, string)>();
        foreach (Match row in Row().Matches(File.ReadAllText(Path.Combine(BuildOutput.Root, Document))))
        {
            var names = row.Groups[1].Value.Split(", ").Select(name => name.Trim('`')).ToList();
            var defaults = row.Groups[2].Value.Split(", ");
            var section = names[0][..names[0].LastIndexOf(':')];
            for (var i = 0; i < names.Count; i++)
            {
                // One default may stand for all of a row.
                rows.Add((names[i].StartsWith(':') ? section + names[i] : names[i], defaults.Length == names.Count ? defaults[i] : row.Groups[2].Value));
            }
        }

        return rows;
    }

    /// <summary>As the page writes it; null for what is no single value.</summary>
    private static string? Written(object? value, Type type) => value switch
    {
        null => type == typeof(string) || Nullable.GetUnderlyingType(type) is not null ? "–" : throw new NotSupportedException($"{type} without a value."),
        bool yes => yes ? "true" : "false",
        string text => text,
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture) is var whole && time.Ticks % TimeSpan.TicksPerSecond == 0 ? whole : whole.TrimEnd('0'),
        IFormattable number when type.IsPrimitive || Nullable.GetUnderlyingType(type) is not null => number.ToString(null, CultureInfo.InvariantCulture),
        _ => null,
    };

    [GeneratedRegex(@"^\| (`Krewe:[A-Za-z0-9:]+`(?:, `:[A-Za-z0-9:]+`)*) \| ([^|]*) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
