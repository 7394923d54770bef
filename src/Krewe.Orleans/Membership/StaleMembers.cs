using System.Net.Sockets;
using Krewe.Core.Time;
using Krewe.Orleans.Hosting;

namespace Krewe.Orleans.Membership;

/// <summary>
/// Clears the way for a silo that joins after all silos were killed at once. Orleans lets a silo join when it has reached
/// every member that the table calls active, and nobody is left to say that these are dead. So the newcomer watches their
/// rows: who neither takes connections nor writes that it is alive, for three times as long as between two such writes, is
/// declared dead. No clock is compared with another's: what counts is whether the row changes while it is looked at.
/// </summary>
internal sealed class StaleMembers(
    IMembershipTable table, IClusterMembershipService membership, ILocalSiloDetails self, TimeProvider time, KreweMembershipOptions options)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private const int MissedWrites = 3;

    // One that takes connections may be no silo at all, on a port that was freed; it gets more time.
    private const int MissedWritesThatConnects = 9;

    private readonly CancellationTokenSource _joined = new();
    private Task _watching = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer)
    {
        ArgumentNullException.ThrowIfNull(observer);

        // Beside Orleans' own check, which reads the table again and again until it has reached everybody in it.
        observer.Subscribe<StaleMembers>(ServiceLifecycleStage.ValidateInitialConnectivity - 1, _ =>
        {
            _watching = WatchAsync(_joined.Token);
            return Task.CompletedTask;
        });
        observer.Subscribe<StaleMembers>(ServiceLifecycleStage.ValidateInitialConnectivity + 1, async _ =>
        {
            await _joined.CancelAsync();
            await _watching;
        });
    }

    public void Dispose()
    {
        _joined.Cancel();
        _joined.Dispose();
    }

    private async Task WatchAsync(CancellationToken joined)
    {
        var watched = new Dictionary<SiloAddress, (DateTime Written, Monotonic Since)>();
        while (!joined.IsCancellationRequested)
        {
            try
            {
                foreach (var (member, _) in (await table.ReadAll()).Members)
                {
                    if (member.Status == SiloStatus.Active
                        && !member.SiloAddress.Endpoint.Equals(self.SiloAddress.Endpoint)
                        && StillFor(member, watched) is var still
                        && still >= options.AliveInterval * MissedWrites
                        && (still >= options.AliveInterval * MissedWritesThatConnects || !await ConnectsAsync(member.SiloAddress, joined)))
                    {
                        await membership.TryKill(member.SiloAddress);
                    }
                }

                await Task.Delay(options.ProbeTimeout, time, joined);
            }
            catch (OperationCanceledException) when (joined.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                // The table did not answer, or somebody else changed it: it is read again.
                await Task.Delay(options.ProbeTimeout, time, CancellationToken.None);
            }
        }
    }

    /// <summary>For how long its row has not changed, while it was looked at.</summary>
    private TimeSpan StillFor(MembershipEntry member, Dictionary<SiloAddress, (DateTime Written, Monotonic Since)> watched)
    {
        var now = time.GetMonotonic();
        if (watched.TryGetValue(member.SiloAddress, out var seen) && seen.Written == member.IAmAliveTime)
        {
            return now - seen.Since;
        }

        watched[member.SiloAddress] = (member.IAmAliveTime, now);
        return TimeSpan.Zero;
    }

    private async Task<bool> ConnectsAsync(SiloAddress silo, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.ProbeTimeout);
        using var socket = new Socket(silo.Endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(silo.Endpoint, limit.Token);
            return true;
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
