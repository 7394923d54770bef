namespace Krewe.Core.Identity;

/// <summary>A pool's name. Valid by <see cref="NameRule"/>.</summary>
public readonly record struct PoolName
{
    public PoolName(string value)
    {
        if (!NameRule.IsValid(value))
        {
            throw new ArgumentException($"'{value}' is not a name: {NameRule.Description}.", nameof(value));
        }

        Value = value;
    }

    public string Value { get; }

    public override string ToString() => Value;
}
