namespace Krewe.Core.Retry;

/// <summary>
/// Keeps retries from multiplying an overload: those in flight never exceed the greater of the policy's floor and its
/// percentage of the requests in flight. One per pool and silo; safe to use from many threads; counts never go negative.
/// </summary>
public sealed class RetryBudget
{
    private readonly Lock _lock = new();
    private int _requests;
    private int _retries;

    /// <summary>Requests between <see cref="Enter"/> and <see cref="Exit"/>.</summary>
    public int RequestsInFlight
    {
        get
        {
            lock (_lock)
            {
                return _requests;
            }
        }
    }

    /// <summary>Retries taken and not yet returned.</summary>
    public int RetriesInFlight
    {
        get
        {
            lock (_lock)
            {
                return _retries;
            }
        }
    }

    /// <summary>A request begins.</summary>
    public void Enter()
    {
        lock (_lock)
        {
            _requests++;
        }
    }

    /// <summary>A request ends. False, and nothing changes, where none is in flight.</summary>
    public bool Exit()
    {
        lock (_lock)
        {
            if (_requests == 0)
            {
                return false;
            }

            _requests--;
            return true;
        }
    }

    /// <summary>Takes one retry if the budget allows it now; it is to be returned exactly once.</summary>
    public bool TryTake(RetryPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        lock (_lock)
        {
            var allowed = Math.Max(policy.BudgetFloor, (long)_requests * policy.BudgetPercent / 100);
            if (_retries >= allowed)
            {
                return false;
            }

            _retries++;
            return true;
        }
    }

    /// <summary>Gives one retry back. False, and nothing changes, where none is out.</summary>
    public bool Return()
    {
        lock (_lock)
        {
            if (_retries == 0)
            {
                return false;
            }

            _retries--;
            return true;
        }
    }
}
