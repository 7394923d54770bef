using System.Buffers;
using System.Globalization;
using System.Text;

namespace Krewe.Gateway.Metrics;

/// <summary>Writes Prometheus' text format, version 0.0.4.</summary>
internal sealed class PrometheusText(IBufferWriter<byte> output)
{
    public void Head(string name, string help, string type)
    {
        if (help.Length > 0)
        {
            Text("# HELP ");
            Text(name);
            Text(" ");
            Text(help.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal));
            Text("\n");
        }

        Text("# TYPE ");
        Text(name);
        Text(" ");
        Text(type);
        Text("\n");
    }

    /// <param name="name">The metric's.</param>
    /// <param name="suffix">What its line adds to the name, such as <c>_count</c>.</param>
    /// <param name="labels">As written.</param>
    /// <param name="extra">One more label, as written.</param>
    /// <param name="value">The sample.</param>
    public void Sample(string name, string suffix, string labels, string extra, double value)
    {
        Text(name);
        Text(suffix);
        if (labels.Length > 0 || extra.Length > 0)
        {
            Text("{");
            Text(labels);
            Text(labels.Length > 0 && extra.Length > 0 ? "," : "");
            Text(extra);
            Text("}");
        }

        Text(" ");
        Text(Number(value));
        Text("\n");
    }

    public static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : double.IsNaN(value) ? "NaN"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private void Text(string text)
    {
        // Half a surrogate pair becomes the replacement character.
        Encoding.UTF8.GetBytes(text, output);
    }
}
