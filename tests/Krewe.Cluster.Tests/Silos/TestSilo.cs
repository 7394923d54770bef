using Krewe.Core.Identity;
using Krewe.Core.Routing;
using Krewe.Fleet.Feeds;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Testing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Krewe.Cluster.Tests.Silos;

/// <summary>One silo of a test's cluster.</summary>
public sealed record TestSilo(InProcessSiloHandle Handle, IServiceProvider Services)
{
    public FleetServices Fleet => Services.GetRequiredService<FleetServices>();

    public IActors Actors => Services.GetRequiredService<IActors>();

    public FleetSharing Sharing => Services.GetRequiredService<FleetSharing>();

    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    /// <summary>What this silo sees of an instance; null if nothing.</summary>
    public InstanceView? View(InstanceId id) => Fleet.View.Find(id.Pool) is { } slot && slot.View.TryGet(id, out var view) ? view : null;

    /// <summary>Waits until this silo sees an instance so.</summary>
    public async Task<InstanceView> SeesAsync(InstanceId id, Func<InstanceView, bool> so, string what) => (await Eventually.ReadAsync(
        () => Task.FromResult(View(id)), view => view is not null && so(view), TimeSpan.FromSeconds(30), $"{Fleet.Silo} to see {id} {what}"))!;
}
