namespace Krewe.Client.Wire;

internal static class HeaderNames
{
    public const string RequestId = "Krewe-Request-Id";
    public const string ClientRequestId = "X-Request-Id";
    public const string DeadlineMs = "Krewe-Deadline-Ms";
    public const string Priority = "Krewe-Priority";
    public const string Session = "Krewe-Session";
    public const string ResumeMs = "Krewe-Resume-Ms";
    public const string LastEventId = "Last-Event-ID";
    public const string ShouldRetry = "x-should-retry";
}
