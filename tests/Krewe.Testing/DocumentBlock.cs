using Krewe.Testing.Processes;

namespace Krewe.Testing;

/// <summary>
/// A part of a document that is made from the code, between <c>&lt;!-- made: name --&gt;</c> and <c>&lt;!-- /made --&gt;</c>. A test
/// compares the two; with <c>KREWE_WRITE_DOCS=1</c> in its environment it writes the right one instead.
/// </summary>
public static class DocumentBlock
{
    private static readonly Lock Gate = new();

    /// <param name="document">The document, from the checkout's root.</param>
    /// <param name="name">The block's name.</param>
    /// <param name="lines">What it has to hold.</param>
    /// <exception cref="InvalidOperationException">It holds something else; the message is what it has to hold.</exception>
    public static void Check(string document, string name, IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var right = string.Join('\n', lines) + "\n";
        lock (Gate)
        {
            Check(document, name, right);
        }
    }

    private static void Check(string document, string name, string right)
    {
        var path = Path.Combine(BuildOutput.Root, document);
        var text = File.ReadAllText(path);
        var (begin, end) = ($"<!-- made: {name} -->\n", "<!-- /made -->");
        var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var to = from < begin.Length ? -1 : text.IndexOf(end, from, StringComparison.Ordinal);
        if (to < 0)
        {
            throw new InvalidOperationException($"{document} has no block between {begin.Trim()} and {end}.");
        }

        if (text[from..to] == right)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("KREWE_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, text[..from] + right + text[to..]);
            return;
        }

        throw new InvalidOperationException($"{document} does not tell the code as it is. Its block \"{name}\" has to be:\n\n{right}\n(KREWE_WRITE_DOCS=1 writes it.)");
    }
}
