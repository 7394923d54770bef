namespace Krewe.Client.Retry;

/// <summary>Bounds retries to a share of calls, so that they do not multiply an overload. Safe for use from several threads.</summary>
internal sealed class RetryBudget(KreweRetryOptions options)
{
    private readonly Lock _gate = new();
    private double _left = options.BudgetFloor;

    /// <summary>A call begins: it earns its share.</summary>
    public void OnCall()
    {
        lock (_gate)
        {
            // What was earned in quiet times does not pile up without end.
            _left = Math.Min(_left + (options.BudgetPercent / 100.0), Math.Max(options.BudgetFloor, options.BudgetPercent));
        }
    }

    public bool TryTake()
    {
        lock (_gate)
        {
            if (_left < 1)
            {
                return false;
            }

            _left--;
            return true;
        }
    }
}
