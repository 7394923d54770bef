using Krewe.Core.Identity;

namespace Krewe.Fleet.Resume;

/// <summary>The other silos' requests: the calls of <see cref="IRequestHolder"/>, each with the silo that is asked. One that is not there or does not answer throws.</summary>
public interface IRequestPeers
{
    /// <inheritdoc cref="IRequestHolder.ReadAsync"/>
    ValueTask<StreamBatch> ReadAsync(SiloId silo, RequestId id, TenantId tenant, int after, int reader, CancellationToken cancellationToken);

    /// <inheritdoc cref="IRequestHolder.DescribeAsync"/>
    ValueTask<string?> DescribeAsync(SiloId silo, RequestId id, TenantId tenant, CancellationToken cancellationToken);

    /// <inheritdoc cref="IRequestHolder.CancelAsync"/>
    ValueTask<bool> CancelAsync(SiloId silo, RequestId id, TenantId tenant, CancellationToken cancellationToken);
}
