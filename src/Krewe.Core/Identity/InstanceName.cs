namespace Krewe.Core.Identity;

/// <summary>An instance's name, stable across restarts of its engine, unique in its pool. Valid by <see cref="NameRule"/>.</summary>
public readonly record struct InstanceName
{
    public InstanceName(string value)
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
