using Krewe.Core.Identity;
using Krewe.Core.Instances;

namespace Krewe.Fleet.Instances;

/// <param name="Verdict">Accepted or renewed, or why not.</param>
/// <param name="Epoch">The current epoch of the name.</param>
/// <param name="Liveness">The state after the call.</param>
/// <param name="Lease">How long the lease runs without a heartbeat.</param>
/// <param name="HeartbeatInterval">How often to send one.</param>
/// <param name="IsProvisional">Whether the store did not confirm it within its bound; it is still being written.</param>
public sealed record RegisterReply(
    InstanceVerdict Verdict,
    Epoch Epoch,
    Liveness Liveness,
    TimeSpan Lease,
    TimeSpan HeartbeatInterval,
    bool IsProvisional);
