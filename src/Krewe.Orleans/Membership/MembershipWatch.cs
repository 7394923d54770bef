using Krewe.Core.Identity;
using Krewe.Core.Membership;
using Krewe.Core.Time;
using Krewe.Fleet.Feeds;
using Krewe.Fleet.Hosting;
using Krewe.Orleans.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Krewe.Orleans.Membership;

/// <summary>
/// Reads the membership table every second or so, and mends it where it has forgotten this silo (<see cref="TableWatch"/>). A silo
/// that is cut off from the others reads it more often: nobody else tells it that it has been declared dead.
/// </summary>
internal sealed class MembershipWatch
{
    private static readonly TimeSpan CutOffInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(5);

    // The version is raised one by one; each silo that ever came or went has raised it by a few.
    private static readonly TimeSpan RaiseLimit = TimeSpan.FromSeconds(30);

    // A table that does not take the silo back does not take its farewell either.
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(1);

    private readonly IMembershipTable _table;
    private readonly IClusterMembershipService _membership;
    private readonly ILocalSiloDetails _self;
    private readonly FleetServices _fleet;
    private readonly FleetSharing _sharing;
    private readonly KreweMembershipOptions _options;
    private readonly ClusterMembershipOptions _orleans;
    private readonly ISiloRetirement? _retirement;
    private readonly TableWatch _watch;
    private MembershipEntry? _own;
    private bool _hasLeft;

    public MembershipWatch(
        IMembershipTable table,
        IClusterMembershipService membership,
        ILocalSiloDetails self,
        FleetServices fleet,
        FleetSharing sharing,
        KreweMembershipOptions options,
        IOptions<ClusterMembershipOptions> orleans,
        ISiloRetirement? retirement)
    {
        (_table, _membership, _self, _fleet, _sharing, _options, _orleans, _retirement) = (table, membership, self, fleet, sharing, options, orleans.Value, retirement);
        _watch = new TableWatch(fleet.Silo, new TableWatchOptions { ReconvergeLimit = options.ReconvergeLimit, LeaveTurn = options.LeaveTurn });
        fleet.Instruments.ObserveMembership(() => _watch.IsAlarmed);
    }

    private Monotonic Now => _fleet.Time.GetMonotonic();

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var interval = _options.WatchInterval;
        using var timer = new PeriodicTimer(CutOffInterval < interval ? CutOffInterval : interval, _fleet.Time);
        var looked = Now;
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (_sharing.IsCutOff || Now - looked >= interval)
            {
                looked = Now;
                await LookAsync(cancellationToken);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var known = _membership.CurrentSnapshot;
        if (_hasLeft || known.GetSiloStatus(_self.SiloAddress) != SiloStatus.Active)
        {
            // Not in yet, or on its way out: the row is the membership's own business.
            return;
        }

        var table = await ReadAsync(cancellationToken);
        if (table is not null)
        {
            await CatchUpAsync(table, known, cancellationToken);
        }

        var step = _watch.Next(table is null ? null : Sight(table, known), Now);
        if (step == TableStep.None)
        {
            return;
        }

        _fleet.Instruments.OnMembershipStep(step);
        try
        {
            switch (step)
            {
                case TableStep.Register:
                    await RegisterAsync().WaitAsync(ReadLimit, _fleet.Time, cancellationToken);
                    break;
                case TableStep.Raise:
                    await RaiseAsync(known.Version.Value, cancellationToken);
                    break;
                default:
                    _hasLeft = true;

                    // Orleans tries each of its last words for as long as a silo may take to join.
                    _orleans.MaxJoinAttemptTime = FarewellLimit;
                    _retirement?.Retire("the membership table has lost it and does not take it back");
                    break;
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            // Another silo was faster, or the store went again: the next look decides anew.
            _fleet.Instruments.OnStoreFailure();
        }
    }

    /// <summary>
    /// Where the store was out, Orleans reads it and writes into it ever more rarely, and goes on so for most of a minute when it
    /// is back: nobody would notice meanwhile who joined, and this silo would look like one that has stopped.
    /// </summary>
    private async Task CatchUpAsync(MembershipTableData table, ClusterMembershipSnapshot known, CancellationToken cancellationToken)
    {
        try
        {
            if (table.Version.Version > known.Version.Value)
            {
                await _membership.Refresh(new MembershipVersion(table.Version.Version), cancellationToken).AsTask().WaitAsync(ReadLimit, _fleet.Time, cancellationToken);
            }

            // Its own writes, by its own clock.
            var now = _fleet.Time.GetUtcNow().UtcDateTime;
            if (Own(table)?.Item1 is { } own && now - own.IAmAliveTime > _options.AliveInterval * 2)
            {
                own.IAmAliveTime = now;
                await _table.UpdateIAmAlive(own).WaitAsync(ReadLimit, _fleet.Time, cancellationToken);
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            // It went again: the next look tries anew.
            _fleet.Instruments.OnStoreFailure();
        }
    }

    private async Task<MembershipTableData?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var table = await _table.ReadAll().WaitAsync(ReadLimit, _fleet.Time, cancellationToken);
            _own = Own(table)?.Item1 ?? _own;
            return table;
        }
        catch (Exception error) when (error is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private TableSight Sight(MembershipTableData table, ClusterMembershipSnapshot known) => new(
        table.Version.Version,
        Names(table.Members.Where(row => row.Item1.Status == SiloStatus.Active || row.Item1.SiloAddress.Equals(_self.SiloAddress)).Select(row => row.Item1.SiloName)),
        known.Version.Value,
        Names(known.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.Name)));

    private static SiloId[] Names(IEnumerable<string?> names) =>
        [.. names.OfType<string>().Where(name => name.Length > 0).Order(StringComparer.Ordinal).Select(name => new SiloId(name))];

    private async Task RegisterAsync()
    {
        // Makes the version's row where the store has lost that, too.
        await _table.InitializeMembershipTable(tryInitTableVersion: true);
        var table = await _table.ReadAll();
        if (_own is { } own && Own(table) is null)
        {
            own.IAmAliveTime = _fleet.Time.GetUtcNow().UtcDateTime;
            await _table.InsertRow(own, table.Version.Next());
        }
    }

    private async Task RaiseAsync(long above, CancellationToken cancellationToken)
    {
        for (var until = Now + RaiseLimit; Now < until;)
        {
            var table = await _table.ReadAll().WaitAsync(ReadLimit, _fleet.Time, cancellationToken);
            if (table.Version.Version > above || Own(table) is not { } own)
            {
                return;
            }

            // Another's write in between makes this one fail, and is as good.
            await _table.UpdateRow(own.Item1, own.Item2, table.Version.Next()).WaitAsync(ReadLimit, _fleet.Time, cancellationToken);
        }
    }

    private Tuple<MembershipEntry, string>? Own(MembershipTableData table) =>
        table.Members.FirstOrDefault(row => row.Item1.SiloAddress.Equals(_self.SiloAddress));
}
