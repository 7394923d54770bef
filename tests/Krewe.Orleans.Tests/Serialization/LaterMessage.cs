namespace Krewe.Orleans.Tests.Serialization;

/// <summary>Makes of a message what a later release might send: the same, and fields that this one does not know.</summary>
internal static class LaterMessage
{
    // Orleans' wire format: a field's head is its wire type (3 bits), schema type (2 bits; 0: as expected) and the distance to
    // the number of the field before (3 bits). Lengths and numbers below 128 are one byte, twice the value and one.
    private const byte VarIntFieldFarBehind = 0b000_00_110;
    private const byte VarIntFieldBehind = 0b000_00_001;
    private const byte BytesFieldBehind = 0b010_00_001;
    private const byte ObjectFieldBehind = 0b001_00_001;
    private const byte EndOfObject = 0b111_00_000;

    private static readonly byte[] Added =
    [
        // Behind those that this release has added since the oldest golden bytes.
        VarIntFieldFarBehind, (42 << 1) | 1,
        BytesFieldBehind, (3 << 1) | 1, 1, 2, 3,
        ObjectFieldBehind, VarIntFieldBehind, (7 << 1) | 1, EndOfObject,
    ];

    /// <summary>Whether the message is an object, so that it can have further fields.</summary>
    public static bool TryAddFields(byte[] message, out byte[] later)
    {
        later = [];
        if (message.Length < 2 || message[^1] != EndOfObject)
        {
            return false;
        }

        later = [.. message[..^1], .. Added, EndOfObject];
        return true;
    }
}
