namespace Krewe.Core.Instances;

/// <summary>Why a probe runs. What its result means, the state that it meets decides; this only orders which may replace which.</summary>
internal enum ProbePurpose
{
    /// <summary>The steady one: joining, ahead of a lease's end, lease lost, suspect.</summary>
    Routine,

    /// <summary>A connection failed: replaces a routine one, which may have been answered before that.</summary>
    Urgent,

    /// <summary>After a delete: replaces any.</summary>
    Delete,
}
