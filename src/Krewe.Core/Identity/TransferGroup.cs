namespace Krewe.Core.Identity;

/// <summary>A set of instances that can hand KV blocks to each other. Valid by <see cref="NameRule"/>.</summary>
public readonly record struct TransferGroup
{
    public TransferGroup(string value)
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
