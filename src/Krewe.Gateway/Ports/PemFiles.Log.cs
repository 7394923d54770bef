using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Ports;

/// <content>What it logs.</content>
internal sealed partial class PemFiles<T>
{
    [LoggerMessage(EventId = 3201, Level = LogLevel.Error, Message = "{Files}: not used, the certificates stay as they were: {Reason}")]
    private static partial void LogRefused(ILogger logger, string files, string reason);
}
