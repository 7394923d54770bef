using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Krewe.Orleans.Hosting.Tls;

/// <summary>Puts TLS between a connection's socket and what speaks over it. Before the handshake is over nothing else hears of it.</summary>
/// <param name="next">What speaks over the connection.</param>
/// <param name="handshake">This side's handshake.</param>
/// <param name="logger">Where it is told who was refused.</param>
internal sealed partial class TlsConnection(ConnectionDelegate next, Func<SslStream, CancellationToken, Task> handshake, ILogger logger)
{
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(5);

    private static readonly StreamPipeReaderOptions Reading = new(leaveOpen: true);
    private static readonly StreamPipeWriterOptions Writing = new(leaveOpen: true);

    public async Task ServeAsync(ConnectionContext connection)
    {
        var socket = connection.Transport;
        await using var tls = new SslStream(new TransportStream(socket), leaveInnerStreamOpen: true);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
            limit.CancelAfter(HandshakeLimit);
            await handshake(tls, limit.Token);
        }
        catch (Exception error) when (error is AuthenticationException or IOException or OperationCanceledException)
        {
            LogRefused(logger, connection.RemoteEndPoint, error.GetBaseException().Message);
            throw new ConnectionAbortedException("The TLS handshake failed.", error);
        }

        connection.Transport = new Pipes(PipeReader.Create(tls, Reading), PipeWriter.Create(tls, Writing));
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = socket;
        }
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
