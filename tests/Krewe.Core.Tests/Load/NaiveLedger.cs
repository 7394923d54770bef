using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Load;

/// <summary>The ledger told again as plainly as can be: a history of facts, asked anew each time.</summary>
internal sealed class NaiveLedger(LedgerOptions options)
{
    private readonly List<(AttemptLeg Leg, Epoch Epoch, SiloId Silo, long Tokens, Monotonic AssertedAt)> _held = [];
    private readonly List<(AttemptLeg Leg, Epoch Epoch, Monotonic At)> _released = [];
    private readonly List<int> _countsSinceReport = [0];
    private (int External, Monotonic At)? _report;

    public Epoch Epoch { get; private set; }

    public int Count => _held.Count;

    public long Tokens => _held.Sum(held => held.Tokens);

    public IEnumerable<AttemptLeg> Legs => _held.Select(held => held.Leg);

    public int External(Monotonic now) => _report is { } report && now - report.At < options.ReportLimit ? report.External : 0;

    public ReserveOutcome Reserve(AttemptLeg leg, Epoch epoch, SiloId silo, long tokens, int limit, Monotonic now)
    {
        if (epoch != Epoch || epoch == Epoch.None)
        {
            return ReserveOutcome.EpochMoved;
        }

        if (WasReleased(leg, epoch, now))
        {
            return ReserveOutcome.AlreadyReleased;
        }

        if (_held.Any(held => held.Leg == leg))
        {
            return ReserveOutcome.AlreadyReserved;
        }

        if (Count + External(now) >= limit)
        {
            return ReserveOutcome.Full;
        }

        Hold(leg, epoch, silo, tokens, now);
        return ReserveOutcome.Reserved;
    }

    public bool Release(AttemptLeg leg, Epoch epoch, Monotonic now)
    {
        if (!WasReleased(leg, epoch, now))
        {
            _released.Add((leg, epoch, now));
        }

        return _held.RemoveAll(held => held.Leg == leg && held.Epoch == epoch) == 1;
    }

    public void Assert(SiloId silo, Epoch epoch, IEnumerable<(AttemptLeg Leg, long Tokens)> reservations, Monotonic now)
    {
        foreach (var (leg, tokens) in epoch == Epoch && epoch != Epoch.None ? reservations : [])
        {
            var at = _held.FindIndex(held => held.Leg == leg);
            if (at >= 0)
            {
                _held[at] = _held[at] with { Silo = silo, AssertedAt = now };
            }
            else if (!WasReleased(leg, epoch, now))
            {
                Hold(leg, epoch, silo, tokens, now);
            }
        }
    }

    public List<AttemptLeg> Expire(Monotonic now)
    {
        var expired = _held.Where(held => now - held.AssertedAt >= options.AssertLimit).Select(held => held.Leg).ToList();
        _held.RemoveAll(held => expired.Contains(held.Leg));
        return expired;
    }

    public int DropSilo(SiloId silo) => _held.RemoveAll(held => held.Silo == silo);

    public void Report(Epoch epoch, ReportedLoad load, Monotonic now)
    {
        if (epoch == Epoch && epoch != Epoch.None)
        {
            _report = (Math.Max(0, load.Running + load.Waiting - _countsSinceReport.Max()), now);
            _countsSinceReport.Clear();
            _countsSinceReport.Add(Count);
        }
    }

    public void MoveTo(Epoch epoch)
    {
        if (epoch > Epoch)
        {
            Epoch = epoch;
            _held.Clear();
            _report = null;
            _countsSinceReport.Clear();
            _countsSinceReport.Add(0);
        }
    }

    private bool WasReleased(AttemptLeg leg, Epoch epoch, Monotonic now) =>
        _released.Any(released => released.Leg == leg && released.Epoch == epoch && now - released.At < options.TombstoneFor);

    private void Hold(AttemptLeg leg, Epoch epoch, SiloId silo, long tokens, Monotonic now)
    {
        _held.Add((leg, epoch, silo, tokens, now));
        _countsSinceReport.Add(Count);
    }
}
