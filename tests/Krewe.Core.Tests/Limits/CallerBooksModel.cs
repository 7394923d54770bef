using Krewe.Core.Limits;

namespace Krewe.Core.Tests.Limits;

/// <summary>
/// What <see cref="CallerBooks"/> should do, told by what was used rather than by what is left: units that were used drain
/// at the limit's pace, and what is asked for has to fit beside them. A change of the limit is the change of one number.
/// </summary>
internal sealed class CallerBooksModel(CallerLimits limits)
{
    private readonly Meter _requests = new() { Limit = limits.RequestsPerMinute };
    private readonly Meter _tokens = new() { Limit = limits.TokensPerMinute };
    private int? _maxRunning = limits.MaxRunning;

    public int Running { get; private set; }

    public double? RequestsUsed => _requests.Limit is null ? null : _requests.Used;

    public double? TokensUsed => _tokens.Limit is null ? null : _tokens.Used;

    public void Pass(TimeSpan time)
    {
        _requests.Pass(time);
        _tokens.Pass(time);
    }

    public void Change(CallerLimits limits)
    {
        _requests.Change(limits.RequestsPerMinute);
        _tokens.Change(limits.TokensPerMinute);
        _maxRunning = limits.MaxRunning;
    }

    /// <summary>Null where it is as good as even, and rounding decides.</summary>
    public bool? MayEnter() => _requests.Fits(1);

    public void Enter() => _requests.Take(1);

    public LimitVerdict? MayBegin(long tokens) =>
        Running >= _maxRunning ? LimitVerdict.TooManyRunning
        : _tokens.Fits(tokens) is not { } fits ? null
        : fits ? LimitVerdict.Granted : LimitVerdict.TooManyTokens;

    /// <summary>The result is for the end: which life of the limit it was taken in, and how much.</summary>
    public (int Life, long Tokens) Begin(long tokens)
    {
        Running++;
        _tokens.Take(tokens);
        _tokens.Running += tokens;
        return (_tokens.Life, tokens);
    }

    public void End((int Life, long Tokens) begun, long used)
    {
        Running--;
        if (_tokens.Limit is not null && begun.Life == _tokens.Life)
        {
            _tokens.Running -= begun.Tokens;
            _tokens.Settle(begun.Tokens, used);
        }
    }

    private sealed class Meter
    {
        public long? Limit { get; set; }

        public double Used { get; private set; }

        /// <summary>Of it, what may still be given back.</summary>
        public double Running { get; set; }

        /// <summary>A limit that goes and comes again is another.</summary>
        public int Life { get; private set; }

        public void Pass(TimeSpan time) => Used = Math.Max(0, Used - (time.TotalMinutes * (Limit ?? 0)));

        public bool? Fits(double units) =>
            Limit is not { } limit ? true
            : Math.Abs(Used + Math.Min(units, limit) - limit) is > 0 and < 1e-3 ? null
            : Used + Math.Min(units, limit) <= limit;

        public void Take(double units) => Used += Limit is null ? 0 : units;

        public void Settle(double taken, double used)
        {
            Used = Math.Max(0, Used - taken + used);
            Bound();
        }

        public void Change(long? limit)
        {
            if (Limit is null || limit is null)
            {
                (Used, Running, Life) = (0, 0, Life + 1);
            }

            Limit = limit;
            Bound();
        }

        // A minute's worth beyond which it is debt, and ten of debt.
        private void Bound() => Used = Math.Min(Used, ((Limit ?? 0) * 11) + Running);
    }
}
