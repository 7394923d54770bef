namespace Krewe.Core.Identity;

/// <summary>One instance of the fleet: its pool and its name there.</summary>
public readonly record struct InstanceId(PoolName Pool, InstanceName Name)
{
    /// <summary><c>pool/name</c>; neither part can hold a slash.</summary>
    public override string ToString() => $"{Pool.Value}/{Name.Value}";

    public static InstanceId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            ? new InstanceId(new PoolName(text[..slash]), new InstanceName(text[(slash + 1)..]))
            : throw new FormatException($"'{text}' is not pool/name.");
    }
}
