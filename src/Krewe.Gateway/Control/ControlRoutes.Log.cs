using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Control;

/// <content>What it logs.</content>
internal sealed partial class ControlRoutes
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "{Method} {Path} failed within the server")]
    private static partial void LogFault(ILogger logger, Exception error, string method, PathString path);
}
