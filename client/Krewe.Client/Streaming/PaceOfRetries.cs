using Krewe.Client.Endpoints;
using Krewe.Client.Retry;

namespace Krewe.Client.Streaming;

/// <summary>When one call is tried again, and when it is given up. Losses (nobody can be reached, nobody has an engine) are
/// bounded by time; answers that there is no room, by number and by the client's budget.</summary>
internal sealed class PaceOfRetries(Transport transport)
{
    private long _lastSign = transport.Time.GetTimestamp();
    private int _losses;
    private int _answers;
    private bool _wasHeard = true;

    private KreweRetryOptions Options => transport.Options.Retry;

    /// <summary>Something of the answer came.</summary>
    public void Heard()
    {
        _lastSign = transport.Time.GetTimestamp();
        (_losses, _answers, _wasHeard) = (0, 0, true);
    }

    /// <summary>A connection broke. The first after a sign of life is made good at once.</summary>
    public void Lost()
    {
        _losses += _wasHeard ? 0 : 1;
        _wasHeard = false;
    }

    /// <summary>The pause that connections which break without bringing anything are worth.</summary>
    public async ValueTask WaitAsync(TimeSpan left, Func<KreweException> giveUp, CancellationToken stop)
    {
        if (_losses > 0)
        {
            if (IsTooLate())
            {
                throw giveUp();
            }

            await PauseAsync(Backoff.Delay(Options, _losses - 1, null, transport.Random), left, giveUp, stop).ConfigureAwait(false);
        }
    }

    /// <summary>A try failed: waits for the next, or throws.</summary>
    public async ValueTask FailedAsync(KreweException failure, Endpoint at, HashSet<Endpoint> tried, TimeSpan left, CancellationToken stop)
    {
        if (!failure.IsRetryable)
        {
            throw failure;
        }

        var isLoss = failure.Code is KreweErrorCode.Unreachable or KreweErrorCode.Draining or KreweErrorCode.NoInstance;
        if (isLoss)
        {
            if (failure.Code != KreweErrorCode.NoInstance)
            {
                transport.Endpoints.Failed(at);
            }

            // Another may be there, or see an engine that this one does not.
            tried.Add(at);
            if (tried.Count < transport.Endpoints.Count)
            {
                return;
            }

            tried.Clear();
        }

        if (isLoss ? IsTooLate() : ++_answers >= Options.MaxAttempts || !transport.Budget.TryTake())
        {
            throw failure;
        }

        var failures = isLoss ? _losses++ : _answers - 1;
        await PauseAsync(Backoff.Delay(Options, failures, failure.RetryAfter, transport.Random), left, () => failure, stop).ConfigureAwait(false);
    }

    private bool IsTooLate() => transport.Time.GetElapsedTime(_lastSign) >= Options.Recovery;

    private async ValueTask PauseAsync(TimeSpan pause, TimeSpan left, Func<KreweException> giveUp, CancellationToken stop)
    {
        // Waiting would only turn what is known now into a timeout later.
        if (pause >= left)
        {
            throw giveUp();
        }

        await Task.Delay(pause, transport.Time, stop).ConfigureAwait(false);
    }
}
