namespace Krewe.EngineSim.Faults;

/// <summary>A status that generation requests are refused with.</summary>
/// <param name="Status">400 to 599.</param>
/// <param name="RetryAfterSeconds">Told in <c>Retry-After</c>; null: not told.</param>
internal sealed record Rejection(int Status, int? RetryAfterSeconds);
