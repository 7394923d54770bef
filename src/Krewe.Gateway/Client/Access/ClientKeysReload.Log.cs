using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Client.Access;

/// <content>What it logs.</content>
public sealed partial class ClientKeysReload
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Information, Message = "{File} was read again: {Count} keys")]
    private static partial void LogLoaded(ILogger logger, string file, int count);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Error, Message = "{File} is not used, the keys stay as they were: {Reason}")]
    private static partial void LogRefused(ILogger logger, string file, string reason);
}
