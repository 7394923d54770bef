using Krewe.Core.Identity;

namespace Krewe.Fleet.Resume;

/// <summary>The requests of one silo, for clients that come back by id. What is another tenant's does not exist.</summary>
public interface IRequestHolder
{
    /// <summary>Reads a held stream on; waits for a moment where there is nothing new.</summary>
    /// <param name="id">The request.</param>
    /// <param name="tenant">Who asks.</param>
    /// <param name="after">The last event that the reader has; -1 = none.</param>
    /// <param name="reader">The number that its last read brought; 0 = it begins, and takes the place of whoever read before.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<StreamBatch> ReadAsync(RequestId id, TenantId tenant, int after, int reader, CancellationToken cancellationToken);

    /// <summary>How the request stands, as JSON for its client; null where it is not known.</summary>
    ValueTask<string?> DescribeAsync(RequestId id, TenantId tenant, CancellationToken cancellationToken);

    /// <summary>Ends the request, if it runs. False where it is not known.</summary>
    ValueTask<bool> CancelAsync(RequestId id, TenantId tenant, CancellationToken cancellationToken);
}
