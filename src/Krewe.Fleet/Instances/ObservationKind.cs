namespace Krewe.Fleet.Instances;

/// <summary>What a gateway can see of an engine.</summary>
public enum ObservationKind
{
    /// <summary>Tokens arrived: it lives.</summary>
    TokensSeen,

    /// <summary>Its address refused or reset a connection.</summary>
    ConnectionFailed,
}
