namespace Krewe.Core.Limits;

/// <summary>What one caller may ask for; null = no limit.</summary>
/// <param name="RequestsPerMinute">Requests a minute, at least 1.</param>
/// <param name="TokensPerMinute">Tokens a minute, prompts and answers, at least 1.</param>
/// <param name="MaxRunning">Requests at once, at least 1.</param>
public sealed record CallerLimits(long? RequestsPerMinute = null, long? TokensPerMinute = null, int? MaxRunning = null);
