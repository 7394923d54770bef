namespace Krewe.Core.Instances;

/// <summary>The three independent parts of an instance's state.</summary>
public readonly record struct InstanceStatus(Liveness Liveness, AdminState Admin, BreakerState Breaker)
{
    /// <summary>Liveness Active or LeaseLost, admin Open, breaker not Open.</summary>
    public bool IsSchedulable =>
        Liveness is Liveness.Active or Liveness.LeaseLost && Admin is AdminState.Open && Breaker is not BreakerState.Open;
}
