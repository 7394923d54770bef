namespace Krewe.Gateway.Control.Access;

/// <summary>A name, or a beginning of names followed by <c>*</c>.</summary>
internal readonly record struct NamePattern(string Prefix, bool IsOpen)
{
    public static bool TryParse(string? text, out NamePattern pattern)
    {
        pattern = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        var isOpen = text[^1] == '*';
        var prefix = isOpen ? text[..^1] : text;
        pattern = new NamePattern(prefix, isOpen);
        return !prefix.Contains('*', StringComparison.Ordinal) && (isOpen || prefix.Length > 0);
    }

    public bool Matches(string name) =>
        IsOpen ? name.StartsWith(Prefix, StringComparison.Ordinal) : string.Equals(name, Prefix, StringComparison.Ordinal);
}
