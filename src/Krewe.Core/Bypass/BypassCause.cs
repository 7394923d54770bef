namespace Krewe.Core.Bypass;

/// <summary>Why an instance's actor was passed by. Closed; each value is a metric tag.</summary>
public enum BypassCause
{
    /// <summary>It did not answer in time.</summary>
    Late,

    /// <summary>The call failed.</summary>
    Failed,

    /// <summary>It was not asked, since it did not answer a moment ago.</summary>
    Unreached,
}
