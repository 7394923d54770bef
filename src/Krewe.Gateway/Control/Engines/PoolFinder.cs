using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Fleet.Ports;
using Krewe.Fleet.View;
using Krewe.Gateway.Errors;

namespace Krewe.Gateway.Control.Engines;

/// <summary>The pool that a registration names; made by it where no pools are configured.</summary>
internal sealed class PoolFinder(FleetView view, IActors actors, ControlOptions options, TimeProvider time) : IDisposable
{
    // One at a time: two new pools for one model, or one pool too many, must not slip in side by side.
    private readonly SemaphoreSlim _making = new(1);

    /// <summary>The definition in force, or the one that the registration breaks; else why there is none.</summary>
    public async ValueTask<(PoolDefinition? Pool, ApiError? Refusal)> FindAsync(PoolName name, Registration registration, CancellationToken cancellationToken)
    {
        if (view.Find(name)?.Definition is { } known)
        {
            return (known, null);
        }

        if (!options.CreatePools)
        {
            return (null, ApiErrors.PoolNotFound(name.Value));
        }

        var wanted = PoolDefinition.ForModel(name, registration.Model);
        if (RegistrationRule.Check(wanted, registration) is not null)
        {
            // Refused in a moment: no pool is made for it.
            return (wanted, null);
        }

        if (!await _making.WaitAsync(options.CallTimeout, cancellationToken))
        {
            throw new TimeoutException();
        }

        try
        {
            return await MakeAsync(wanted, cancellationToken);
        }
        finally
        {
            _making.Release();
        }
    }

    public void Dispose() => _making.Dispose();

    private async ValueTask<(PoolDefinition? Pool, ApiError? Refusal)> MakeAsync(PoolDefinition wanted, CancellationToken cancellationToken)
    {
        var name = wanted.Name;
        var pools = await actors.PoolIndex.ListAsync().Within(options.CallTimeout, time, cancellationToken);
        if (!pools.Contains(name))
        {
            if (view.FindByModel(wanted.Model) is { } other && other.Name != name)
            {
                return (null, ApiErrors.InvalidRequest($"model is served by the pool '{other.Name}' already.", "model"));
            }

            if (pools.Count >= options.MaxPools)
            {
                return (null, ApiErrors.PoolLimit(options.MaxPools));
            }

            await actors.PoolIndex.AddAsync(name).Within(options.CallTimeout, time, cancellationToken);
        }

        return (await actors.Pool(name).EnsureAsync(wanted).Within(options.CallTimeout, time, cancellationToken), null);
    }
}
