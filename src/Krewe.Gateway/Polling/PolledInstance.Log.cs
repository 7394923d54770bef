using Krewe.Core.Identity;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Polling;

/// <content>What it logs.</content>
internal sealed partial class PolledInstance
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Warning, Message = "The declared instance {Instance} is not registered: {Field} {Rule}")]
    private static partial void LogRefused(ILogger logger, InstanceId instance, string field, string rule);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Information, Message = "The declared instance {Instance} began a new life: {Incarnation}")]
    private static partial void LogNewLife(ILogger logger, InstanceId instance, string incarnation);

    [LoggerMessage(EventId = 3103, Level = LogLevel.Warning, Message = "Polling of the declared instance {Instance} failed; it is tried again")]
    private static partial void LogRoundFailed(ILogger logger, Exception error, InstanceId instance);
}
