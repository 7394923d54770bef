using Krewe.Core.Requests;
using Krewe.Fleet.Requests;

namespace Krewe.Orleans.Requests;

internal sealed class RequestGrainRef(IRequestGrain grain) : IRequestRef
{
    public ValueTask<RequestStep> StartAsync(RequestSpec spec) => grain.StartAsync(spec);

    public ValueTask<RequestStep> AttemptFailedAsync(AttemptReport report) => grain.AttemptFailedAsync(report);

    public ValueTask PrefillDoneAsync(int attempt) => grain.PrefillDoneAsync(attempt);

    public ValueTask FirstTokenAsync(int attempt) => grain.FirstTokenAsync(attempt);

    public ValueTask EndAsync(RequestEnd end) => grain.EndAsync(end);

    public ValueTask<RequestDescription?> DescribeAsync() => grain.DescribeAsync();
}
