namespace Krewe.Gateway.Client;

/// <summary>What <c>Krewe-Priority</c> may say.</summary>
internal enum RequestPriority
{
    Normal,
    High,
    Low,
}
