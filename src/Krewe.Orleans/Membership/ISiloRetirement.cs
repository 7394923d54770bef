namespace Krewe.Orleans.Membership;

/// <summary>How a silo goes by itself: in order, and with an exit code by which whatever supervises it starts a new life.</summary>
public interface ISiloRetirement
{
    /// <summary>Begins to drain; again has no effect.</summary>
    /// <param name="reason">Why, in one line.</param>
    void Retire(string reason);
}
