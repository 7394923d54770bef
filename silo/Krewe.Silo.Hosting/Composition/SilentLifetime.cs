using Microsoft.Extensions.Hosting;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>Leaves signals to the silo, whose two applications go down in an order of their own.</summary>
internal sealed class SilentLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
