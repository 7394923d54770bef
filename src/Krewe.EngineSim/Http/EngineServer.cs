using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Protocol;
using Krewe.EngineSim.Transfer;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Krewe.EngineSim.Http;

/// <summary>
/// The HTTP side of one incarnation: Kestrel without a host around it, so that hundreds fit a process and the end of one
/// really refuses connections.
/// </summary>
internal sealed class EngineServer : IHttpApplication<HttpContext>, IAsyncDisposable
{
    private readonly EngineLife _life;
    private readonly KvClient _transfers;
    private readonly KvSource _source;
    private readonly KestrelServer _server;
    private readonly GenerationEndpoint _generation;
    private readonly TokenizeEndpoint _tokenize;
    private readonly EngineInfoEndpoint _info;
    private readonly SimControlEndpoint _control;

    public EngineServer(EngineLife life, int port, ISimCommands commands)
    {
        _life = life;
        _transfers = new KvClient(KvSources.OfThisProcess, life.Options.TransferTimeout);
        _source = new KvSource(life);
        _generation = new GenerationEndpoint(life, _transfers);
        _tokenize = new TokenizeEndpoint(life);
        _info = new EngineInfoEndpoint(life);
        _control = new SimControlEndpoint(life, _source, commands);

        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MinResponseDataRate = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Listen(life.Options.Bind, port, static listen => listen.Protocols = HttpProtocols.Http1);

        // An engine that takes no time never waits: its requests need not leave the thread that read them.
        var transport = new SocketTransportOptions { UnsafePreferInlineScheduling = life.Options.Timing.IsInstant };
        _server = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(transport), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
    }

    /// <returns>The port it listens at.</returns>
    public async Task<int> StartAsync(CancellationToken cancellationToken)
    {
        await _server.StartAsync(this, cancellationToken).ConfigureAwait(false);
        var address = _server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        _life.Port = BindingAddress.Parse(address).Port;
        KvSources.OfThisProcess.Add(_source);
        return _life.Port;
    }

    /// <summary>Takes no new connection and lets running requests end until the token is cancelled; then drops them.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        KvSources.OfThisProcess.Remove(_life.EngineId);
        await _server.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        try
        {
            await DispatchAsync(context).ConfigureAwait(false);
        }
        catch (EngineErrorException error) when (!context.Response.HasStarted)
        {
            await context.Response.WriteErrorAsync(error, context.RequestAborted).ConfigureAwait(false);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException error) when (!context.Response.HasStarted)
        {
            await context.Response.WriteErrorAsync(new EngineErrorException(error.StatusCode, error.Message), context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception error) when (context.RequestAborted.IsCancellationRequested && error is OperationCanceledException or ConnectionAbortedException or ConnectionResetException or IOException)
        {
            // The client went; nobody is left to tell.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _server.Dispose();
        _transfers.Dispose();
    }

    private async Task DispatchAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "/";
        if (path.StartsWith("/sim/", StringComparison.Ordinal))
        {
            await _control.HandleAsync(context, path).ConfigureAwait(false);
            return;
        }

        await _life.Faults.WhileFrozenAsync(context.RequestAborted).ConfigureAwait(false);
        var isPost = HttpMethods.IsPost(context.Request.Method);
        var handled = (path, isPost) switch
        {
            ("/v1/chat/completions", true) => _generation.HandleAsync(context, isChat: true),
            ("/v1/completions", true) => _generation.HandleAsync(context, isChat: false),
            ("/tokenize", true) => _tokenize.TokenizeAsync(context),
            ("/detokenize", true) => TokenizeEndpoint.DetokenizeAsync(context),
            ("/v1/embeddings", true) => _info.EmbedAsync(context),
            (_, false) when HttpMethods.IsGet(context.Request.Method) => _info.GetAsync(context, path),
            _ => Task.FromException(NotFound(path)),
        };
        await handled.ConfigureAwait(false);
    }

    internal static EngineErrorException NotFound(string path) =>
        path is "/v1/chat/completions" or "/v1/completions" or "/tokenize" or "/detokenize" or "/v1/embeddings" or "/health" or "/v1/models"
            ? new EngineErrorException(405, "Method Not Allowed")
            : new EngineErrorException(404, "Not Found");
}
