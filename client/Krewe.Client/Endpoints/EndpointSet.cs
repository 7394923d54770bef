using Krewe.Client.Retry;

namespace Krewe.Client.Endpoints;

/// <summary>
/// The endpoints and how they fared lately. One that failed is left aside, for longer each time, as long as there are
/// others; then it is tried again. Nothing ties a request to an endpoint. Safe for use from several threads.
/// </summary>
internal sealed class EndpointSet(IEnumerable<Uri> endpoints, TimeProvider time, Jitter random)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly Endpoint[] _all = [.. endpoints.Select(uri => new Endpoint(uri))];
    private readonly Lock _gate = new();

    public int Count => _all.Length;

    /// <summary>One to try: any of those that fared well, else the one whose pause ends first.</summary>
    /// <param name="preferred">Rather this one, if it fared well; null = any.</param>
    /// <param name="tried">Those that this call has tried in vain just now; empty again when all have been.</param>
    public Endpoint Pick(Endpoint? preferred, HashSet<Endpoint> tried)
    {
        lock (_gate)
        {
            if (tried.Count >= _all.Length)
            {
                tried.Clear();
            }

            var now = time.GetTimestamp();
            if (preferred is not null && !tried.Contains(preferred) && preferred.AsideUntil <= now)
            {
                return preferred;
            }

            var first = random.Next(_all.Length);
            Endpoint? best = null;
            for (var i = 0; i < _all.Length; i++)
            {
                var one = _all[(first + i) % _all.Length];
                if (tried.Contains(one))
                {
                    continue;
                }

                if (one.AsideUntil <= now)
                {
                    return one;
                }

                best = best is null || one.AsideUntil < best.AsideUntil ? one : best;
            }

            return best!;
        }
    }

    public void Succeeded(Endpoint endpoint)
    {
        lock (_gate)
        {
            (endpoint.Failures, endpoint.AsideUntil) = (0, 0);
        }
    }

    /// <summary>It did not answer, or said that it goes.</summary>
    public void Failed(Endpoint endpoint)
    {
        lock (_gate)
        {
            var pause = Backoff.Cap(FirstPause, LongestPause, endpoint.Failures++);
            endpoint.AsideUntil = time.GetTimestamp() + (long)(pause.TotalSeconds * time.TimestampFrequency);
        }
    }
}
