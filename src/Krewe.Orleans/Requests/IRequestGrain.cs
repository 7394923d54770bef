using Krewe.Core.Requests;
using Krewe.Fleet.Requests;
using Orleans.Concurrency;

namespace Krewe.Orleans.Requests;

/// <summary>The calls of <see cref="IRequestRef"/> as grain calls, all within one silo. Key: the request's id as written.</summary>
/// <remarks>
/// <see cref="EndAsync"/> is answered: were it lost, the reservations would be asserted for as long as the request might
/// run. The two steps on the way are not: a prefill's reservation goes at the end at the latest, a first token is a figure.
/// </remarks>
[Alias("krewe.request")]
internal interface IRequestGrain : IGrainWithStringKey
{
    /// <summary>Longer than any wait in it: it waits in a queue for at most a day (the pools file's limit), and ends with the request's deadline.</summary>
    const string LongestWait = "1.01:00:00";

    [Alias("start")]
    [ResponseTimeout(LongestWait)]
    ValueTask<RequestStep> StartAsync(RequestSpec spec);

    [Alias("attempt-failed")]
    [ResponseTimeout(LongestWait)]
    ValueTask<RequestStep> AttemptFailedAsync(AttemptReport report);

    [Alias("prefill-done")]
    [OneWay]
    ValueTask PrefillDoneAsync(int attempt);

    [Alias("first-token")]
    [OneWay]
    ValueTask FirstTokenAsync(int attempt);

    [Alias("end")]
    ValueTask EndAsync(RequestEnd end);

    [Alias("describe")]
    ValueTask<RequestDescription?> DescribeAsync();
}
