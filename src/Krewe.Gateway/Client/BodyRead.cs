namespace Krewe.Gateway.Client;

/// <summary>How the reading of a body ended.</summary>
internal enum BodyRead
{
    Whole,

    /// <summary>It is larger than one may be.</summary>
    TooLarge,

    /// <summary>The bodies that are held here leave no room for it.</summary>
    NoRoom,
}
