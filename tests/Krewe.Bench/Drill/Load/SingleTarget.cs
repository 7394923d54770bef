namespace Krewe.Bench.Drill.Load;

/// <summary>There is one silo.</summary>
internal sealed class SingleTarget(Uri client) : ITargets
{
    private readonly Target _silo = new("silo", client);

    public Target? Next(IReadOnlyCollection<Target> tried) => tried.Count == 0 ? _silo : null;
}
