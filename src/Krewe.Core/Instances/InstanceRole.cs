namespace Krewe.Core.Instances;

/// <summary>What an instance does: prefill, decode, or both.</summary>
public enum InstanceRole
{
    Mixed,
    Prefill,
    Decode,
}
