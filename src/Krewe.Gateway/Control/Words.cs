using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Core.Requests;

namespace Krewe.Gateway.Control;

/// <summary>The contract's words for states, made once.</summary>
internal static class Words
{
    public static string Of(Liveness state) => Names<Liveness>.All[(int)state];

    public static string Of(AdminState state) => Names<AdminState>.All[(int)state];

    public static string Of(BreakerState state) => Names<BreakerState>.All[(int)state];

    public static string Of(PoolHealth health) => Names<PoolHealth>.All[(int)health];

    public static string Of(RequestPhase phase) => Names<RequestPhase>.All[(int)phase];

    public static string Of(InstanceRole role) => Lower<InstanceRole>.All[(int)role];

    public static string Of(LegKind leg) => Lower<LegKind>.All[(int)leg];

    public static string Of(EvidenceKind evidence) => Lower<EvidenceKind>.All[(int)evidence];

    private static class Names<T>
        where T : struct, Enum
    {
        public static readonly string[] All = Enum.GetNames<T>();
    }

    private static class Lower<T>
        where T : struct, Enum
    {
        public static readonly string[] All = [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];
    }
}
