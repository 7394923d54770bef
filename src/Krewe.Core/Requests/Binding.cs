using Krewe.Core.Load;

namespace Krewe.Core.Requests;

/// <summary>The exact pair of incarnations that serves one attempt. Where one instance does both, the halves are the same.</summary>
public sealed record Binding(InstanceBinding Prefill, InstanceBinding Decode)
{
    public static Binding OnOne(InstanceBinding instance) => new(instance, instance);

    public bool IsDisaggregated => Prefill.Instance != Decode.Instance;

    /// <summary>What the decode side's reservation is called.</summary>
    public LegKind DecodeLeg => IsDisaggregated ? LegKind.Decode : LegKind.Whole;
}
