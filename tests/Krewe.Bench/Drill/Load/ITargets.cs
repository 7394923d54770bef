namespace Krewe.Bench.Drill.Load;

/// <summary>Chooses the silo that a request is sent to.</summary>
internal interface ITargets
{
    /// <summary>The next one in turn that was not tried yet; null where there is none.</summary>
    Target? Next(IReadOnlyCollection<Target> tried);
}
