using Krewe.Core.Instances;

namespace Krewe.Engines.Http;

/// <summary>Asks an engine whether its process lives: <c>GET /health</c>. It does not say that it can generate.</summary>
public sealed class HealthProbe(EngineClient client, TimeProvider time)
{
    /// <summary>One try. Throws only when <paramref name="cancellationToken"/> is cancelled.</summary>
    /// <param name="engine">The engine's base URL.</param>
    /// <param name="timeout">For all of it: connection and answer.</param>
    /// <param name="bearerToken">The engine's own token, if it wants one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<ProbeResult> ProbeAsync(Uri engine, TimeSpan timeout, string? bearerToken, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await client.GetAsync(engine, "/health", bearerToken, both.Token).ConfigureAwait(false);
            return response.IsSuccess ? ProbeResult.Ok : ProbeResult.Unhealthy;
        }
        catch (EngineException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return e.Failure switch
            {
                EngineFailure.Refused or EngineFailure.Reset => ProbeResult.Refused,
                EngineFailure.MalformedStream or EngineFailure.TooLarge or EngineFailure.AddressRefused => ProbeResult.Unhealthy,
                _ => ProbeResult.TimedOut,
            };
        }
    }
}
