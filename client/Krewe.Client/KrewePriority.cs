namespace Krewe.Client;

/// <summary>How urgent a request is to the service.</summary>
public enum KrewePriority
{
    /// <summary>As most requests are.</summary>
    Normal,

    /// <summary>Before others.</summary>
    High,

    /// <summary>After others.</summary>
    Low,
}
