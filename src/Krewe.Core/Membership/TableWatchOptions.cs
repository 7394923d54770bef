namespace Krewe.Core.Membership;

/// <summary>The times of a <see cref="TableWatch"/>.</summary>
public sealed record TableWatchOptions
{
    /// <summary>How long a table that answers may lack a silo before the silo goes. Default: 1 min.</summary>
    public TimeSpan ReconvergeLimit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How much later each further silo goes: as long as one takes to drain and be replaced. Default: 1 min.</summary>
    public TimeSpan LeaveTurn { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the rows of the others are waited for before the version is raised without them. Default: 15 s.</summary>
    public TimeSpan RaiseWait { get; init; } = TimeSpan.FromSeconds(15);
}
