using System.Text;

namespace Krewe.Gateway.Metrics;

/// <summary>
/// Names of OpenTelemetry as Prometheus writes them: dots become underscores, the unit follows, and counters end in
/// <c>_total</c> ("Prometheus and OpenMetrics Compatibility" in OpenTelemetry's specification).
/// </summary>
internal static class PrometheusNames
{
    /// <param name="name">The instrument's.</param>
    /// <param name="unit">Its unit in UCUM; annotations in braces say nothing here.</param>
    /// <param name="isCounter">Whether it only rises.</param>
    public static string Metric(string name, string? unit, bool isCounter)
    {
        var text = new StringBuilder(Valid(name, colons: true));
        if (Unit(unit) is { } suffix && !EndsWith(text, suffix))
        {
            text.Append('_').Append(suffix);
        }

        return isCounter && !EndsWith(text, "total") ? text.Append("_total").ToString() : text.ToString();
    }

    public static string Label(string name) => Valid(name, colons: false);

    private static bool EndsWith(StringBuilder text, string suffix) =>
        text.Length > suffix.Length && text.ToString().EndsWith($"_{suffix}", StringComparison.Ordinal);

    private static string Valid(string name, bool colons)
    {
        var text = new StringBuilder(name.Length + 1);
        foreach (var c in name)
        {
            text.Append(char.IsAsciiLetterOrDigit(c) || c == '_' || (colons && c == ':') ? c : '_');
        }

        return text.Length == 0 || char.IsAsciiDigit(text[0]) ? text.Insert(0, '_').ToString() : text.ToString();
    }

    private static string? Unit(string? unit) => unit switch
    {
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        _ => null,
    };
}
