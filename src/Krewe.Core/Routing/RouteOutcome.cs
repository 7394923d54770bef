namespace Krewe.Core.Routing;

/// <summary>What became of a routing decision.</summary>
public enum RouteOutcome
{
    Found,

    /// <summary>Nothing schedulable could serve it, however much room there were.</summary>
    NoInstance,

    /// <summary>Instances could serve it, but every one of them is excluded by the query.</summary>
    OnlyExcluded,

    /// <summary>Instances could serve it, and are not excluded, but are all full.</summary>
    NoRoom,
}
