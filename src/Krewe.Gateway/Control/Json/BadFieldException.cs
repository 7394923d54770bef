namespace Krewe.Gateway.Control.Json;

/// <summary>A body that is not what the contract says: 400 <c>invalid_request</c>.</summary>
internal sealed class BadFieldException : Exception
{
    public BadFieldException()
        : this("The body is not valid.")
    {
    }

    public BadFieldException(string message)
        : base(message)
    {
    }

    public BadFieldException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>JSON path of the field; null for the body as a whole.</summary>
    public string? Param { get; private init; }

    /// <param name="path">JSON path of the field; empty for the body as a whole.</param>
    /// <param name="rule">To be read after the field's name.</param>
    public static BadFieldException At(string path, string rule) =>
        path.Length == 0 ? new($"The body {rule}.") : new($"{path} {rule}.") { Param = path };
}
