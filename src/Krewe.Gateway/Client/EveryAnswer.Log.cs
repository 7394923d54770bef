using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Client;

/// <content>What it logs. Not the path: a client may have written anything there.</content>
internal sealed partial class EveryAnswer
{
    [LoggerMessage(EventId = 3011, Level = LogLevel.Error, Message = "{Method}, request {Id}, failed within the server")]
    private static partial void LogFault(ILogger logger, Exception error, string method, string id);
}
