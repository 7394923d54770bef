namespace Krewe.Core.Identity;

/// <summary>One life of an engine process, from start to end: an opaque id that the engine's side makes. It has no order; <see cref="Epoch"/> has.</summary>
public readonly record struct IncarnationId
{
    /// <summary>The longest id, in characters.</summary>
    public const int MaxLength = 128;

    public IncarnationId(string value)
    {
        if (!IsValid(value))
        {
            throw new ArgumentException($"An incarnation is 1 to {MaxLength} printable ASCII characters without spaces.", nameof(value));
        }

        Value = value;
    }

    public string Value { get; }

    public static bool IsValid(string? value) =>
        value is { Length: > 0 and <= MaxLength } && !value.AsSpan().ContainsAnyExceptInRange('!', '~');

    public override string ToString() => Value;
}
