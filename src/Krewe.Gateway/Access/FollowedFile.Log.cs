using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Access;

/// <content>What it logs.</content>
public sealed partial class FollowedFile
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Information, Message = "{File} was read again")]
    private static partial void LogLoaded(ILogger logger, string file);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Error, Message = "{File} is not used, its credentials stay as they were: {Reason}")]
    private static partial void LogRefused(ILogger logger, string file, string reason);
}
