using Krewe.Core.Identity;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Resume;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Krewe.Orleans.Resume;

/// <summary>This silo's end: asks whoever holds its requests.</summary>
[Reentrant]
internal sealed class RequestService(GrainId id, global::Orleans.Runtime.Silo silo, ILoggerFactory loggers, FleetServices fleet)
    : GrainService(id, silo, loggers), IRequestService
{
    public ValueTask<StreamBatch> ReadAsync(string id, string tenant, int after, int reader) =>
        fleet.RequestHolder is { } holder && RequestId.TryParse(id, out var request)
            ? holder.ReadAsync(request, new TenantId(tenant), after, reader, CancellationToken.None)
            : ValueTask.FromResult(StreamBatch.Without(StreamStatus.Gone));

    public ValueTask<string?> DescribeAsync(string id, string tenant) =>
        fleet.RequestHolder is { } holder && RequestId.TryParse(id, out var request)
            ? holder.DescribeAsync(request, new TenantId(tenant), CancellationToken.None)
            : ValueTask.FromResult<string?>(null);

    public ValueTask<bool> CancelAsync(string id, string tenant) =>
        fleet.RequestHolder is { } holder && RequestId.TryParse(id, out var request)
            ? holder.CancelAsync(request, new TenantId(tenant), CancellationToken.None)
            : ValueTask.FromResult(false);
}
