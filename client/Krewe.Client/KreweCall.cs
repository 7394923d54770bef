namespace Krewe.Client;

/// <summary>What a call can say to Krewe beside the chat itself. Immutable.</summary>
public sealed record KreweCall
{
    /// <summary>How urgent it is. Default: normal.</summary>
    public KrewePriority Priority { get; init; }

    /// <summary>How long it may take from end to end, retries included; null = <see cref="KreweClientOptions.Timeout"/>.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Names a conversation, so that its requests come to where its cache is. A hint; null = none.</summary>
    public string? Session { get; init; }

    /// <summary>The caller's own id, 1 to 128 of <c>A-Z a-z 0-9 . _ -</c>, echoed in answers and logs; null = none.</summary>
    public string? ClientRequestId { get; init; }

    /// <summary>
    /// How long the service is to keep the stream after a broken connection; null = <see cref="KreweClientOptions.ResumeFor"/>.
    /// </summary>
    public TimeSpan? ResumeFor { get; init; }
}
