using Krewe.Core.Identity;

namespace Krewe.Core.Pools;

/// <summary>Sees to it that a pool's name, and a name that clients ask for, belongs to one pool of a file.</summary>
internal sealed class TakenNames(ErrorList errors)
{
    private readonly HashSet<PoolName> _pools = [];
    private readonly Dictionary<string, PoolName> _models = new(StringComparer.Ordinal);

    public void Add(PoolDefinition pool, string path)
    {
        if (!_pools.Add(pool.Name))
        {
            errors.Add($"{path}.name", $"'{pool.Name}' is the name of a pool above");
        }

        Claim(pool.Model, pool.Name, $"{path}.model");
        foreach (var alias in pool.Aliases)
        {
            Claim(alias, pool.Name, $"{path}.aliases");
        }
    }

    private void Claim(string model, PoolName pool, string path)
    {
        if (!_models.TryAdd(model, pool))
        {
            errors.Add(path, $"'{model}' is a model or alias of pool '{_models[model]}' already");
        }
    }
}
