using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Fleet.Ports;
using Krewe.Fleet.View;
using Krewe.Gateway.Errors;

namespace Krewe.Gateway.Control.Engines;

/// <summary>The pool that a registration names; made by it where no pools are configured.</summary>
internal sealed class PoolFinder(FleetView view, IActors actors, ControlOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private Task _making = Task.CompletedTask;

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

        // One at a time: two new pools for one model, or one pool too many, must not slip in side by side.
        Task<(PoolDefinition? Pool, ApiError? Refusal)> made;
        lock (_gate)
        {
            _making = made = MakeAsync(wanted, _making);
        }

        return await made.WaitAsync(options.CallTimeout, time, cancellationToken);
    }

    private async Task<(PoolDefinition? Pool, ApiError? Refusal)> MakeAsync(PoolDefinition wanted, Task before)
    {
        // However that one ended; each is bounded, since its calls are. Never within the caller's lock.
        await Task.WhenAny(before).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var name = wanted.Name;
        if (view.Find(name)?.Definition is { } known)
        {
            return (known, null);
        }

        var pools = await actors.PoolIndex.ListAsync().Within(options.CallTimeout, time, CancellationToken.None);
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

            await actors.PoolIndex.AddAsync(name).Within(options.CallTimeout, time, CancellationToken.None);
        }

        return (await actors.Pool(name).EnsureAsync(wanted).Within(options.CallTimeout, time, CancellationToken.None), null);
    }
}
