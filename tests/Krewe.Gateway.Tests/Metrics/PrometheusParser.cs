using System.Globalization;
using System.Text;

namespace Krewe.Gateway.Tests.Metrics;

/// <summary>Reads Prometheus' text format 0.0.4 as strictly as its description: anything out of place is an error.</summary>
internal static class PrometheusParser
{
    public sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
    {
        public string? this[string label] => Labels.GetValueOrDefault(label);
    }

    public sealed record Family(string Name, string Type, string? Help, List<Sample> Samples);

    public static Dictionary<string, Family> Parse(string text)
    {
        var families = new Dictionary<string, Family>(StringComparer.Ordinal);
        var series = new HashSet<string>(StringComparer.Ordinal);
        Family? current = null;
        (string Name, string Text)? help = null;
        Require(text.Length == 0 || text[^1] == '\n', "the last line ends with a line feed");
        foreach (var line in text.Split('\n').SkipLast(1))
        {
            Require(line.Length > 0 && !line.Contains('\r', StringComparison.Ordinal), $"no empty line: {line}");
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var space = line.IndexOf(' ', 7);
                help = (line[7..space], Unescape(line[(space + 1)..], quotes: false));
                continue;
            }

            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var parts = line.Split(' ');
                Require(parts.Length == 4 && IsName(parts[2], colons: true), line);
                Require(parts[3] is "counter" or "gauge" or "histogram", line);
                Require(help is null || help.Value.Name == parts[2], $"HELP goes before its own TYPE: {line}");
                current = new Family(parts[2], parts[3], help?.Text, []);
                Require(families.TryAdd(parts[2], current), $"one TYPE per family: {line}");
                help = null;
                continue;
            }

            Require(line[0] != '#', $"no other comment: {line}");
            var sample = ReadSample(line);
            Require(current is not null && help is null, $"a sample follows its TYPE: {line}");
            Require(Belongs(current!, sample), $"a sample stands within its family: {line}");
            Require(series.Add(line[..line.LastIndexOf(' ')]), $"a series comes once: {line}");
            current!.Samples.Add(sample);
        }

        Require(help is null, "HELP without TYPE");
        foreach (var family in families.Values.Where(family => family.Type == "histogram"))
        {
            CheckHistogram(family);
        }

        return families;
    }

    private static bool Belongs(Family family, Sample sample) => family.Type == "histogram"
        ? sample.Name == $"{family.Name}_bucket" ? sample["le"] is not null : (sample.Name == $"{family.Name}_sum" || sample.Name == $"{family.Name}_count") && sample["le"] is null
        : sample.Name == family.Name;

    private static void CheckHistogram(Family family)
    {
        foreach (var group in family.Samples.GroupBy(sample => string.Join(",", sample.Labels.Where(label => label.Key != "le").OrderBy(label => label.Key, StringComparer.Ordinal))))
        {
            var buckets = group.Where(sample => sample.Name.EndsWith("_bucket", StringComparison.Ordinal)).ToList();
            var bounds = buckets.Select(bucket => Number(bucket["le"]!)).ToList();
            Require(bounds.Zip(bounds.Skip(1)).All(pair => pair.First < pair.Second) && double.IsPositiveInfinity(bounds[^1]), $"{family.Name}: bounds rise to +Inf");
            Require(buckets.Zip(buckets.Skip(1)).All(pair => pair.First.Value <= pair.Second.Value), $"{family.Name}: counts are cumulative");
            Require(group.Single(sample => sample.Name == $"{family.Name}_count").Value.Equals(buckets[^1].Value), $"{family.Name}: the count is the last bucket's");
            Require(group.Count(sample => sample.Name == $"{family.Name}_sum") == 1, $"{family.Name}: one sum");
        }
    }

    private static Sample ReadSample(string line)
    {
        var end = line.IndexOfAny(['{', ' ']);
        Require(end > 0 && IsName(line[..end], colons: true), line);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = end;
        if (line[at] == '{')
        {
            do
            {
                var equals = line.IndexOf('=', at);
                var name = line[(at + 1)..equals];
                Require(IsName(name, colons: false), line);
                Require(line[equals + 1] == '"', line);
                var close = equals + 2;
                while (line[close] != '"')
                {
                    close += line[close] == '\\' ? 2 : 1;
                }

                Require(labels.TryAdd(name, Unescape(line[(equals + 2)..close], quotes: true)), $"a label comes once: {line}");
                at = close + 1;
                Require(line[at] is ',' or '}', line);
            }
            while (line[at] == ',');
            at++;
        }

        Require(line[at] == ' ' && line.IndexOf(' ', at + 1) < 0, $"one space, one value, no timestamp: {line}");
        return new Sample(line[..end], labels, Number(line[(at + 1)..]));
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, NumberStyles.Float & ~NumberStyles.AllowLeadingWhite & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture),
    };

    private static string Unescape(string text, bool quotes)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                Require(!quotes || text[i] != '"', $"a quote is escaped: {text}");
                plain.Append(text[i]);
                continue;
            }

            plain.Append(text[++i] switch
            {
                '\\' => '\\',
                'n' => '\n',
                '"' when quotes => '"',
                _ => throw new FormatException($"no such escape: {text}"),
            });
        }

        return plain.ToString();
    }

    private static bool IsName(string name, bool colons) =>
        name.Length > 0
        && !char.IsAsciiDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_' || (colons && c == ':'));

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new FormatException(what);
        }
    }
}
