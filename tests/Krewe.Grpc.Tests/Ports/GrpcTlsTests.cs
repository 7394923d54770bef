using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Krewe.Gateway.Ports;
using Krewe.Grpc.Tests.Serving;
using Krewe.Grpc.V1;
using Krewe.Testing.Tls;

namespace Krewe.Grpc.Tests.Ports;

/// <summary>The gRPC port over TLS.</summary>
public sealed class GrpcTlsTests
{
    [Fact]
    public async Task Over_TLS_the_port_streams_and_speaks_nothing_else()
    {
        using var certificates = new Certificates();
        await using var grpc = await StartAsync(certificates);
        await grpc.ServingAsync("m1");
        using var channel = Channel(grpc, certificates.AuthorityFile);
        var inference = new Inference.InferenceClient(channel);

        Assert.NotEmpty(Chats.Text(await inference.CompleteAsync(Chats.Chat(stream: false))));
        using var streaming = inference.Stream(Chats.Chat(stream: true));
        Assert.NotEmpty((await Chats.ReadAsync(streaming)).Text);

        // In clear, nothing.
        using var clear = GrpcChannel.ForAddress($"http://{grpc.Url.Authority}");
        await RefusedAsync(clear);

        // Of another authority, nothing: the server's certificate is looked at.
        using var others = new Certificates();
        using var stranger = Channel(grpc, others.AuthorityFile);
        await RefusedAsync(stranger);
    }

    [Fact]
    public async Task Where_callers_must_show_a_certificate_only_the_authority_s_own_will_do()
    {
        using var certificates = new Certificates();
        using var others = new Certificates();
        await using var grpc = await StartAsync(certificates, certificates.AuthorityFile);
        await grpc.ServingAsync("m1");

        using var known = Channel(grpc, certificates.AuthorityFile, certificates.Issue("caller"));
        Assert.NotEmpty(Chats.Text(await new Inference.InferenceClient(known).CompleteAsync(Chats.Chat(stream: false))));
        using var without = Channel(grpc, certificates.AuthorityFile);
        await RefusedAsync(without);
        using var wrong = Channel(grpc, certificates.AuthorityFile, others.Issue("caller"));
        await RefusedAsync(wrong);
    }

    private static Task<GrpcFixture> StartAsync(Certificates certificates, string? clients = null)
    {
        var (certificate, key) = certificates.Issue("silo", "127.0.0.1");
        return GrpcFixture.StartAsync(tls: new PortTls(new PortTlsOptions { Certificate = certificate, Key = key, ClientAuthority = clients }, TimeProvider.System));
    }

    private static async Task RefusedAsync(GrpcChannel channel)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await new Inference.InferenceClient(channel).ListModelsAsync(new ListModelsRequest()));
        Assert.True(refused.StatusCode is StatusCode.Unavailable or StatusCode.Internal, refused.ToString());
    }

    private static GrpcChannel Channel(GrpcFixture grpc, string authority, (string Certificate, string Key)? shows = null)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPemFile(authority);
        var tls = new SslClientAuthenticationOptions { CertificateChainPolicy = trust };
        if (shows is var (certificate, key))
        {
            tls.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, key)];
        }

        return GrpcChannel.ForAddress($"https://{grpc.Url.Authority}", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { SslOptions = tls, UseProxy = false },
            DisposeHttpClient = true,
        });
    }
}
