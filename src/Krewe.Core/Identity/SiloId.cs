namespace Krewe.Core.Identity;

/// <summary>One life of a node of Krewe. A restarted silo has a new id.</summary>
public readonly record struct SiloId(string Value)
{
    public override string ToString() => Value;
}
