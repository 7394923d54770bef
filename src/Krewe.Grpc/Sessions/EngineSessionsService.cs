using Grpc.Core;
using Krewe.Core.Requests;
using Krewe.Fleet.Hosting;
using Krewe.Gateway.Control;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Control.Engines;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Lifecycle;
using Krewe.Grpc.Errors;
using Krewe.Grpc.V1;
using Microsoft.Extensions.Logging;

namespace Krewe.Grpc.Sessions;

/// <summary>The engine side of the control port over one stream per engine.</summary>
internal sealed class EngineSessionsService(
    FleetServices fleet, EngineCommands engines, ControlAccess access, ControlOptions options, SessionTable sessions, SiloLifetime silo, ILogger<EngineSession> logger)
    : EngineSessions.EngineSessionsBase
{
    public override async Task Connect(IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<SiloMessage> responseStream, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        Identify();
        if (silo.IsDraining)
        {
            throw new ApiErrorException(ApiErrors.Of(RequestOutcome.Draining));
        }

        using var session = new EngineSession(fleet, engines, options, sessions, silo, Identify, logger);
        await session.RunAsync(requestStream, responseStream, context.CancellationToken);

        // Asked again with every message: a token may be taken back while the engine runs.
        Caller Identify() => access.Identify(http, out var refusal) ?? throw new ApiErrorException(refusal!);
    }
}
