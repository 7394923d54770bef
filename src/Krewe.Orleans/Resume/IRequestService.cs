using Krewe.Fleet.Resume;
using Orleans.Services;

namespace Krewe.Orleans.Resume;

/// <summary>A silo's requests, for clients that came back by way of another: addressed by silo, so that no directory is asked.</summary>
/// <remarks>A read that waits for something new is answered within seconds, with nothing if need be.</remarks>
[Alias("krewe.requests")]
internal interface IRequestService : IGrainService
{
    [Alias("read")]
    ValueTask<StreamBatch> ReadAsync(string id, string tenant, int after, int reader);

    [Alias("describe")]
    ValueTask<string?> DescribeAsync(string id, string tenant);

    [Alias("cancel")]
    ValueTask<bool> CancelAsync(string id, string tenant);
}
