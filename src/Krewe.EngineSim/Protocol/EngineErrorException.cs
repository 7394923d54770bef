namespace Krewe.EngineSim.Protocol;

/// <summary>What the engine answers with an error status, in vLLM's shape.</summary>
internal sealed class EngineErrorException(int status, string message, string? param = null) : Exception(message)
{
    public int Status => status;

    /// <summary>The field at fault.</summary>
    public string? Param => param;

    public string Type => status switch
    {
        400 => "BadRequestError",
        404 => "NotFoundError",
        405 => "MethodNotAllowedError",
        413 => "RequestEntityTooLargeError",
        429 => "TooManyRequestsError",
        501 => "NotImplementedError",
        503 => "ServiceUnavailableError",
        _ => "InternalServerError",
    };

    public static EngineErrorException Bad(string message, string? param = null) => new(400, message, param);
}
