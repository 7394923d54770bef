namespace Krewe.Client;

/// <summary>Where Krewe is, and how long to wait for it.</summary>
public sealed class KreweClientOptions
{
    /// <summary>
    /// The client ports of silos, or of what balances between them, without a path: <c>http://krewe-1:8080</c>. One at
    /// least. All are equal; one that does not answer is left aside for a while.
    /// </summary>
    public IList<Uri> Endpoints { get; } = [];

    /// <summary>The API key; null = none is sent.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The model of calls that name none; null = each has to.</summary>
    public string? Model { get; set; }

    /// <summary>How long a call may take from end to end, retries included, where it does not say. Default: 10 min.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long a stream that has begun may be silent before its connection is taken for dead, and made anew: not an
    /// error. Default: 15 s.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection may take to be made. Default: 2 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the service is to keep a stream whose connection broke; 0 = not at all. Default: 30 s.</summary>
    public TimeSpan ResumeFor { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How calls are tried again.</summary>
    public KreweRetryOptions Retry { get; } = new();
}
