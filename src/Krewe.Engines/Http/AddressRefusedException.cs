namespace Krewe.Engines.Http;

/// <summary>An engine's address is outside the allow-list.</summary>
internal sealed class AddressRefusedException(string host)
    : IOException($"The address of '{host}' is not on the pool's allow-list.");
