using System.Net;
using Microsoft.Extensions.Logging;

namespace Krewe.Orleans.Hosting.Tls;

/// <content>What it logs.</content>
internal sealed partial class TlsConnection
{
    [LoggerMessage(EventId = 3301, Level = LogLevel.Warning, Message = "No TLS with {Remote}: {Reason}")]
    private static partial void LogRefused(ILogger logger, EndPoint? remote, string reason);
}
