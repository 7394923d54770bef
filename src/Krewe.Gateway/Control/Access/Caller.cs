using Krewe.Core.Identity;

namespace Krewe.Gateway.Control.Access;

/// <summary>Who calls the control port, and what that may touch.</summary>
internal sealed class Caller
{
    private readonly List<(NamePattern Pool, NamePattern Name)> _owned = [];

    private Caller(bool mayAll, bool isOperator)
    {
        MayAll = mayAll;
        IsOperator = isOperator;
    }

    /// <summary>The playground's own machine.</summary>
    public static Caller OnThisMachine { get; } = new(mayAll: true, isOperator: true);

    public bool IsOperator { get; private set; }

    private bool MayAll { get; }

    public static Caller Nobody() => new(mayAll: false, isOperator: false);

    public void AddOperator() => IsOperator = true;

    public void AddOwned(NamePattern pool, NamePattern name) => _owned.Add((pool, name));

    /// <summary>Whether this engine identity owns the name.</summary>
    public bool Owns(InstanceId id)
    {
        if (MayAll)
        {
            return true;
        }

        foreach (var (pool, name) in _owned)
        {
            if (pool.Matches(id.Pool.Value) && name.Matches(id.Name.Value))
            {
                return true;
            }
        }

        return false;
    }
}
