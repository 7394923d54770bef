using Krewe.Gateway.Errors;

namespace Krewe.Grpc.Errors;

/// <summary>Ends a call with an error of the contract's.</summary>
internal sealed class ApiErrorException : Exception
{
    public ApiErrorException()
        : this(ApiErrors.Internal)
    {
    }

    public ApiErrorException(string message)
        : this(ApiErrors.Internal with { Message = message })
    {
    }

    public ApiErrorException(string message, Exception innerException)
        : base(message, innerException) => Error = ApiErrors.Internal with { Message = message };

    public ApiErrorException(ApiError error)
        : base(error.Message) => Error = error;

    public ApiError Error { get; }
}
