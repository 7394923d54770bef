using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>
/// Ends a response that has begun without its proper end: the server sends what was written, leaves out the last chunk,
/// and closes. (An abort would throw away what was written and not yet sent: the error event itself.) The server takes
/// this kind of exception for the request's own fault, not the application's.
/// </summary>
internal sealed class StreamCutException : BadHttpRequestException
{
    public StreamCutException()
        : this("The stream could not be completed.")
    {
    }

    public StreamCutException(string message)
        : base(message)
    {
    }

    public StreamCutException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
