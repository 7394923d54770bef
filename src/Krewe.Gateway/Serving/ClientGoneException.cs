namespace Krewe.Gateway.Serving;

/// <summary>The client's connection took no more.</summary>
internal sealed class ClientGoneException : Exception
{
    public ClientGoneException()
        : this("The client has gone.")
    {
    }

    public ClientGoneException(string message)
        : base(message)
    {
    }

    public ClientGoneException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
