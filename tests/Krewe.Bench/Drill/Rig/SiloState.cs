namespace Krewe.Bench.Drill.Rig;

/// <summary>A silo as another, or itself, tells it by <c>/admin/v1/silos</c>.</summary>
internal sealed record SiloState(string Silo, string State, bool Self);
