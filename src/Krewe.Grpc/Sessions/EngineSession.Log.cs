using Krewe.Core.Identity;
using Microsoft.Extensions.Logging;

namespace Krewe.Grpc.Sessions;

/// <content>What it logs.</content>
internal sealed partial class EngineSession
{
    [LoggerMessage(EventId = 3102, Level = LogLevel.Warning, Message = "The end of {Instance}'s session could not be told to its actor; its lease will tell")]
    private static partial void LogEndNotTold(ILogger logger, Exception error, InstanceId instance);
}
