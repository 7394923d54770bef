using System.Globalization;
using System.Text;

namespace Krewe.Gateway.Metrics;

/// <summary>Writes tags as labels: <c>a="1",b="2"</c>, sorted, names made valid, values escaped.</summary>
internal static class PrometheusLabels
{
    private const int LongestValue = 1_024;

    /// <param name="tags">As measured.</param>
    /// <param name="isHistogram">Whether the name <c>le</c> is taken.</param>
    public static string Format(ReadOnlySpan<KeyValuePair<string, object?>> tags, bool isHistogram)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, tag) in tags)
        {
            var name = PrometheusNames.Label(key);
            name = isHistogram && name == "le" ? "le_" : name;
            var value = Text(tag);

            // Two keys that are written alike share the label, as OpenTelemetry has it.
            labels[name] = labels.TryGetValue(name, out var other) ? $"{other};{value}" : value;
        }

        var text = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            text.Append(text.Length > 0 ? "," : "").Append(name).Append("=\"");
            Escape(text, value);
            text.Append('"');
        }

        return text.ToString();
    }

    /// <summary>The value of a label, as written; null where there is none.</summary>
    /// <param name="labels">As <see cref="Format"/> writes them.</param>
    /// <param name="name">A valid name.</param>
    public static string? Value(string labels, string name)
    {
        var at = 0;
        while (at < labels.Length)
        {
            var equals = labels.IndexOf('=', at);
            var end = equals + 2;
            while (labels[end] != '"')
            {
                end += labels[end] == '\\' ? 2 : 1;
            }

            if (labels.AsSpan(at, equals - at).SequenceEqual(name))
            {
                return labels[(equals + 2)..end];
            }

            at = end + 2;
        }

        return null;
    }

    private static string Text(object? tag)
    {
        var text = tag switch
        {
            null => "",
            string value => value,
            bool value => value ? "true" : "false",
            IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
            _ => tag.ToString() ?? "",
        };
        return text.Length <= LongestValue ? text : text[..LongestValue];
    }

    private static void Escape(StringBuilder text, string value)
    {
        foreach (var c in value)
        {
            text.Append(c switch
            {
                '\\' => @"\\",
                '"' => "\\\"",
                '\n' => "\\n",
                _ => null,
            } ?? c.ToString());
        }
    }
}
