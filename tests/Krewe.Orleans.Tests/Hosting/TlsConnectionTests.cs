using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Krewe.Orleans.Hosting.Tls;
using Krewe.Testing.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Orleans.Tests.Hosting;

/// <summary>TLS on a connection between two silos, over pipes that stand for the wire.</summary>
public sealed class TlsConnectionTests : IDisposable
{
    private const string Secret = "what silos say among themselves";

    private readonly Certificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task What_silos_say_arrives_both_ways_and_is_not_to_be_read_on_the_wire()
    {
        var wire = new Wire();
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var called = new TlsConnection(
            async connection =>
            {
                heard.SetResult(await ReadAsync(connection.Transport.Input));
                await connection.Transport.Output.WriteAsync(Encoding.UTF8.GetBytes(Secret + ", answered"));
            },
            (tls, stop) => tls.AuthenticateAsServerAsync(Server(), stop),
            NullLogger.Instance).ServeAsync(wire.Called);
        var answered = "";
        var calling = new TlsConnection(
            async connection =>
            {
                await connection.Transport.Output.WriteAsync(Encoding.UTF8.GetBytes(Secret));
                answered = await ReadAsync(connection.Transport.Input, Secret.Length + 1);
            },
            (tls, stop) => tls.AuthenticateAsClientAsync(Client(_certificates.Issue("other")), stop),
            NullLogger.Instance).ServeAsync(wire.Calling);

        await Task.WhenAll(called, calling);

        Assert.Equal((Secret, Secret + ", answered"), (await heard.Task, answered));
        Assert.True(wire.Seen.Length > Secret.Length);
        Assert.True(wire.Seen.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) < 0, "The wire shows what was said.");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("other authority")]
    [InlineData("no TLS")]
    public async Task Whoever_shows_no_certificate_of_the_authority_is_not_heard(string kind)
    {
        using var others = new Certificates();
        var wire = new Wire();
        var wasHeard = false;
        var called = new TlsConnection(
            _ =>
            {
                wasHeard = true;
                return Task.CompletedTask;
            },
            (tls, stop) => tls.AuthenticateAsServerAsync(Server(), stop),
            NullLogger.Instance).ServeAsync(wire.Called);
        if (kind == "no TLS")
        {
            await wire.Calling.Transport.Output.WriteAsync(new byte[64]);
            await Assert.ThrowsAsync<ConnectionAbortedException>(() => called);
        }
        else
        {
            var calling = new TlsConnection(
                connection => ReadAsync(connection.Transport.Input),
                (tls, stop) => tls.AuthenticateAsClientAsync(Client(kind == "none" ? null : others.Issue("other")), stop),
                NullLogger.Instance).ServeAsync(wire.Calling);
            await Assert.ThrowsAsync<ConnectionAbortedException>(() => called);
            await wire.Called.Transport.Output.CompleteAsync();
            await Record.ExceptionAsync(() => calling);
        }

        Assert.False(wasHeard);
    }

    private static async Task<string> ReadAsync(PipeReader input, int least = 1)
    {
        var read = await input.ReadAtLeastAsync(least);
        var text = Encoding.UTF8.GetString(read.Buffer);
        input.AdvanceTo(read.Buffer.End);
        return text;
    }

    private SslServerAuthenticationOptions Server()
    {
        var (certificate, key) = _certificates.Issue("silo");
        return new SslServerAuthenticationOptions
        {
            ServerCertificate = X509Certificate2.CreateFromPemFile(certificate, key),
            ClientCertificateRequired = true,
            CertificateChainPolicy = Trust(),
        };
    }

    private SslClientAuthenticationOptions Client((string Certificate, string Key)? shows)
    {
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = "silo",
            CertificateChainPolicy = Trust(),
            RemoteCertificateValidationCallback = static (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
        };
        if (shows is var (certificate, key))
        {
            tls.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, key)];
        }

        return tls;
    }

    private X509ChainPolicy Trust()
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPemFile(_certificates.AuthorityFile);
        return trust;
    }

    /// <summary>Two connections, each the other's far end; what goes from one to the other is kept.</summary>
    private sealed class Wire
    {
        private readonly ArrayBufferWriter<byte> _seen = new();

        public Wire()
        {
            var (there, back) = (new Pipe(), new Pipe());
            Called = new DefaultConnectionContext("called") { Transport = new Ends(there.Reader, new Tap(back.Writer, _seen)) };
            Calling = new DefaultConnectionContext("calling") { Transport = new Ends(back.Reader, new Tap(there.Writer, _seen)) };
        }

        public DefaultConnectionContext Called { get; }

        public DefaultConnectionContext Calling { get; }

        public byte[] Seen
        {
            get
            {
                lock (_seen)
                {
                    return _seen.WrittenSpan.ToArray();
                }
            }
        }

        private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

        /// <summary>Keeps what is written.</summary>
        private sealed class Tap(PipeWriter inner, ArrayBufferWriter<byte> seen) : PipeWriter
        {
            private Memory<byte> _last;

            public override void Advance(int bytes)
            {
                lock (seen)
                {
                    seen.Write(_last.Span[..bytes]);
                }

                inner.Advance(bytes);
            }

            public override Memory<byte> GetMemory(int sizeHint = 0) => _last = inner.GetMemory(sizeHint);

            public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

            public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

            public override void CancelPendingFlush() => inner.CancelPendingFlush();

            public override void Complete(Exception? exception = null) => inner.Complete(exception);
        }
    }
}
