using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Local;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;

namespace Krewe.Orleans.Requests;

/// <summary>
/// A request's grain, as its gateway calls it. Where Orleans does not open the grain in time, or fails to, the request runs
/// without one: a claim that only one of the two can take makes sure that it never runs twice.
/// </summary>
internal sealed class RequestGrainRef(IRequestGrain grain, RequestId id, IActors actors, FleetServices fleet) : IRequestRef
{
    private static readonly TimeSpan EndPause = TimeSpan.FromSeconds(1);

    private const int EndTries = 10;

    private UnhostedRequest? _unhosted;

    public async ValueTask<RequestStep> StartAsync(RequestSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var claim = new RequestClaim();
        spec = spec with { Claim = claim };
        BypassCause cause;
        try
        {
            var start = grain.StartAsync(spec).AsTask();
            await using var limit = fleet.Time.CreateTimer(
                static state => ((RequestClaim)state!).GiveUp(), claim, fleet.Options.BindTimeout, Timeout.InfiniteTimeSpan);
            if (await Task.WhenAny(start, claim.Given) == start)
            {
                return await start;
            }

            _ = IgnoreAsync(start);
            cause = BypassCause.Late;
        }
        catch (Exception error) when (error is not OutOfMemoryException && (claim.TryTake() || claim.Given.IsCompleted))
        {
            cause = BypassCause.Failed;
        }

        fleet.Instruments.OnUnhosted(spec.Pool, cause);
        _unhosted = new UnhostedRequest(id, actors, fleet, cause);
        return await _unhosted.StartAsync(spec with { Claim = null });
    }

    public ValueTask<RequestStep> AttemptFailedAsync(AttemptReport report) => _unhosted?.AttemptFailedAsync(report) ?? grain.AttemptFailedAsync(report);

    public ValueTask PrefillDoneAsync(int attempt) => _unhosted?.PrefillDoneAsync(attempt) ?? grain.PrefillDoneAsync(attempt);

    public ValueTask FirstTokenAsync(int attempt) => _unhosted?.FirstTokenAsync(attempt) ?? grain.FirstTokenAsync(attempt);

    /// <summary>The client has what it gets: that the grain does not hear of it at once must not become an error.</summary>
    public async ValueTask EndAsync(RequestEnd end)
    {
        if (_unhosted is { } unhosted)
        {
            await unhosted.EndAsync(end);
            return;
        }

        try
        {
            await grain.EndAsync(end);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            fleet.Instruments.OnNoticeLost();
            _ = EndAgainAsync(end);
        }
    }

    public ValueTask<RequestDescription?> DescribeAsync() =>
        (_unhosted ?? fleet.Unhosted.GetValueOrDefault(id))?.DescribeAsync() ?? grain.DescribeAsync();

    // Until it hears of the end its reservations are asserted.
    private async Task EndAgainAsync(RequestEnd end)
    {
        for (var tries = 0; tries < EndTries; tries++)
        {
            await Task.Delay(EndPause, fleet.Time, CancellationToken.None);
            try
            {
                await grain.EndAsync(end);
                return;
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                fleet.Instruments.OnNoticeLost();
            }
        }
    }

    // It finds the claim taken.
    private static async Task IgnoreAsync(Task<RequestStep> start)
    {
        try
        {
            await start;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The request runs elsewhere.
        }
    }
}
