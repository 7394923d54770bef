using Krewe.Core.Identity;
using Krewe.Core.Time;

namespace Krewe.Core.Membership;

/// <summary>
/// What a running silo does when the membership table forgets: its store was restarted empty, or from an older copy. Silos go
/// on by the membership that they know; but who joins would find nobody, and once the table's version passed theirs they
/// would take themselves for dead, all at once. So each writes its row again, and when all rows are there (or were waited
/// for) the first of them raises the version. Who cannot get into the table goes; one at a time, in the order of the names.
/// A table that does not answer changes nothing, however long.
/// </summary>
public sealed class TableWatch
{
    private readonly SiloId _self;
    private readonly TableWatchOptions _options;
    private Monotonic? _missingSince;
    private Monotonic? _behindSince;

    public TableWatch(SiloId self, TableWatchOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_self, _options) = (self, options);
    }

    /// <summary>Whether something is wrong with the table: it does not answer, lacks this silo, or is older than what is known.</summary>
    public bool IsAlarmed { get; private set; }

    /// <summary>It was read, or did not answer.</summary>
    /// <param name="sight">Null where it did not answer.</param>
    /// <param name="now">Now.</param>
    public TableStep Next(TableSight? sight, Monotonic now)
    {
        IsAlarmed = true;
        if (sight is null)
        {
            (_missingSince, _behindSince) = (null, null);
            return TableStep.None;
        }

        if (!sight.Members.Contains(_self))
        {
            _behindSince = null;
            return Missing(sight, now);
        }

        _missingSince = null;
        if (sight.Version < sight.KnownVersion)
        {
            return Behind(sight, now);
        }

        _behindSince = null;
        IsAlarmed = false;
        return TableStep.None;
    }

    private TableStep Missing(TableSight sight, Monotonic now)
    {
        if (sight.Version > sight.KnownVersion)
        {
            // The others' table, newer than all that this silo knows, and without it: they have declared it dead.
            return TableStep.None;
        }

        _missingSince ??= now;
        var turn = sight.Known.TakeWhile(silo => silo != _self).Count();
        return now - _missingSince >= _options.ReconvergeLimit + (turn * _options.LeaveTurn) ? TableStep.Leave : TableStep.Register;
    }

    private TableStep Behind(TableSight sight, Monotonic now)
    {
        _behindSince ??= now;
        var areAllThere = sight.Known.All(sight.Members.Contains);
        return (areAllThere || now - _behindSince >= _options.RaiseWait) && sight.Known.First(sight.Members.Contains) == _self ? TableStep.Raise : TableStep.None;
    }
}
