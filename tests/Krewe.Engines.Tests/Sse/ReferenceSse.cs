using System.Text;

namespace Krewe.Engines.Tests.Sse;

/// <summary>An event as a test sees it.</summary>
public sealed record Seen(string Data, string Type, string Id, bool HasData, bool IsTerminated);

/// <summary>The rules of event streams written for clarity, over a whole stream at once.</summary>
internal static class ReferenceSse
{
    public static List<Seen> Parse(byte[] stream)
    {
        // Latin-1 keeps one character per byte, so that nothing is lost in either direction.
        var text = Encoding.Latin1.GetString(stream);
        if (text.StartsWith("\u00EF\u00BB\u00BF", StringComparison.Ordinal))
        {
            text = text[3..];
        }

        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
        var seen = new List<Seen>();
        var block = new List<string>();
        for (var i = 0; i < lines.Length; i++)
        {
            // The piece behind the last line end is no line unless it holds something.
            var isLast = i == lines.Length - 1;
            if (lines[i].Length > 0)
            {
                block.Add(lines[i]);
            }

            if ((lines[i].Length == 0 || isLast) && block.Count > 0)
            {
                seen.Add(ToEvent(block, isTerminated: lines[i].Length == 0 && !isLast));
                block.Clear();
            }
        }

        return seen;
    }

    private static Seen ToEvent(List<string> block, bool isTerminated)
    {
        var data = new List<string>();
        var type = "";
        var id = "";
        foreach (var line in block)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? "" : line[(colon + 1)..];
            value = value.StartsWith(' ') ? value[1..] : value;
            switch (name)
            {
                case "data":
                    data.Add(value);
                    break;
                case "event":
                    type = value;
                    break;
                case "id" when !value.Contains('\0', StringComparison.Ordinal):
                    id = value;
                    break;
                default:
                    break;
            }
        }

        return new Seen(string.Join('\n', data), type, id, data.Count > 0, isTerminated);
    }
}
