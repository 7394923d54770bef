namespace Krewe.Client;

/// <summary>A call failed. Cancellation is an <see cref="OperationCanceledException"/> as ever.</summary>
public sealed class KreweException : Exception
{
    /// <summary>An error without more to say.</summary>
    public KreweException()
        : this("The call failed.")
    {
    }

    /// <summary>An error with a message.</summary>
    public KreweException(string message)
        : this(message, (Exception?)null)
    {
    }

    /// <summary>An error with a message and a cause.</summary>
    public KreweException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>An error as the service told it, or as the client found it.</summary>
    /// <param name="code">See <see cref="Code"/>.</param>
    /// <param name="message">For people. Holds nothing of a prompt or a credential.</param>
    /// <param name="innerException">What caused it.</param>
    public KreweException(string code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>What went wrong, from a closed set: see <see cref="KreweErrorCode"/>.</summary>
    public string Code { get; } = "error";

    /// <summary>HTTP status of the answer; 0 where there was none.</summary>
    public int Status { get; init; }

    /// <summary>The field or header at fault; null where none is.</summary>
    public string? Param { get; init; }

    /// <summary>The service's id of the request; null where it is not known.</summary>
    public string? RequestId { get; init; }

    /// <summary>When to come again at the earliest; null where the service did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same call may succeed later. The client has retried already as far as its options allow.</summary>
    public bool IsRetryable { get; init; }
}
