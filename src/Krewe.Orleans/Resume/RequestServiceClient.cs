using Krewe.Core.Identity;
using Krewe.Fleet.Resume;
using Krewe.Orleans.Membership;
using Orleans.Runtime.Services;

namespace Krewe.Orleans.Resume;

/// <summary>Reaches other silos' requests, by the names that the membership has for them.</summary>
internal sealed class RequestServiceClient(IServiceProvider services, ClusterRoster roster) : GrainServiceClient<IRequestService>(services), IRequestPeers
{
    public ValueTask<StreamBatch> ReadAsync(SiloId silo, RequestId id, TenantId tenant, int after, int reader, CancellationToken cancellationToken) =>
        At(silo).ReadAsync(id.ToString(), tenant.Value, after, reader);

    public ValueTask<string?> DescribeAsync(SiloId silo, RequestId id, TenantId tenant, CancellationToken cancellationToken) =>
        At(silo).DescribeAsync(id.ToString(), tenant.Value);

    public ValueTask<bool> CancelAsync(SiloId silo, RequestId id, TenantId tenant, CancellationToken cancellationToken) =>
        At(silo).CancelAsync(id.ToString(), tenant.Value);

    private IRequestService At(SiloId silo) =>
        GetGrainService(roster.AddressOf(silo) ?? throw new InvalidOperationException($"Silo {silo} is not a member."));
}
