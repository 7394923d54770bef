using Microsoft.Extensions.Logging;

namespace Krewe.Grpc.Errors;

/// <content>What it logs.</content>
internal sealed partial class FaultInterceptor
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Error, Message = "{Method} failed within the server")]
    private static partial void LogFault(ILogger logger, Exception error, string method);
}
