namespace Krewe.Gateway.Lifecycle;

/// <summary>What may hold back the readiness of a silo that is up.</summary>
public interface IReadinessHold
{
    /// <summary>Whether it does so now.</summary>
    bool IsHeld { get; }

    /// <summary>Why, in a sentence for whoever asks.</summary>
    string Reason { get; }
}
