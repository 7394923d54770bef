namespace Krewe.Core.Identity;

/// <summary>What a pool, an instance or a transfer group may be called: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>.</summary>
public static class NameRule
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>The rule in words, for error messages.</summary>
    public const string Description = "1 to 64 characters of A-Z a-z 0-9 . _ -";

    public static bool IsValid(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxLength)
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        // "." and ".." would be path segments in every URL that carries the name.
        return name is not ("." or "..");
    }
}
