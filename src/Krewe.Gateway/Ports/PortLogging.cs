using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Ports;

/// <summary>What the HTTP server logs of its own.</summary>
public static class PortLogging
{
    /// <summary>
    /// Keeps out of the log, at whatever level, what the server quotes of a caller: addresses with their query, and headers
    /// that it could not read. Call it last: of rules alike the last counts.
    /// </summary>
    public static ILoggingBuilder AddPortFilters(this ILoggingBuilder logging)
    {
        ArgumentNullException.ThrowIfNull(logging);

        // Beside that, while it might say something every request is given an activity and a logging scope.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.BadRequests", LogLevel.None);
        logging.AddFilter("Microsoft.AspNetCore.Routing", LogLevel.Warning);
        return logging;
    }
}
