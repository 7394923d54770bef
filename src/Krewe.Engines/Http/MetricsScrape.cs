using Krewe.Engines.Buffers;

namespace Krewe.Engines.Http;

/// <summary>Reads an engine's <c>GET /metrics</c>, for engines that have no agent.</summary>
public sealed class MetricsScrape(EngineClient client, TimeProvider time)
{
    /// <summary>The largest page that is read, in bytes.</summary>
    public const int MaxBytes = 8 << 20;

    /// <summary>One scrape. Null = no readable answer in time. Throws only when <paramref name="cancellationToken"/> is cancelled.</summary>
    /// <param name="engine">The engine's base URL.</param>
    /// <param name="timeout">For all of it. Pages can be slow to make.</param>
    /// <param name="bearerToken">The engine's own token, if it wants one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<EngineMetrics?> ReadAsync(Uri engine, TimeSpan timeout, string? bearerToken, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var page = new PooledBuffer();
        try
        {
            using var response = await client.GetAsync(engine, "/metrics", bearerToken, both.Token).ConfigureAwait(false);
            if (!response.IsSuccess)
            {
                return null;
            }

            await response.ReadAsync(page, MaxBytes, both.Token).ConfigureAwait(false);
        }
        catch (EngineException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }

        return EngineMetricsReader.Read(page.Span);
    }
}
