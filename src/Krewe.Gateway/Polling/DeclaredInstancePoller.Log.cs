using Krewe.Core.Identity;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Polling;

/// <content>What it logs.</content>
public sealed partial class DeclaredInstancePoller
{
    [LoggerMessage(EventId = 3111, Level = LogLevel.Warning, Message = "The instance {Instance} is declared no more, and could not be drained")]
    private static partial void LogDrainFailed(ILogger logger, Exception error, InstanceId instance);
}
