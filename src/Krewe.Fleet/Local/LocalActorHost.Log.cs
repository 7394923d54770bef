using Microsoft.Extensions.Logging;

namespace Krewe.Fleet.Local;

public sealed partial class LocalActorHost
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "A timer's turn of an actor failed.")]
    private static partial void LogTurnFailed(ILogger logger, Exception error);
}
