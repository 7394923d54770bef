using Krewe.Core.Identity;
using Krewe.Core.Instances;

namespace Krewe.Fleet.Instances;

public sealed record HeartbeatReply(InstanceVerdict Verdict, Liveness Liveness, AdminState Admin, Epoch Epoch);
