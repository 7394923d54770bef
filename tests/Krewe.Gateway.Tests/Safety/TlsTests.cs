using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Krewe.Engines.Http;
using Krewe.Gateway.Ports;
using Krewe.Gateway.Tests.Client;
using Krewe.Testing;
using Krewe.Testing.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Krewe.Gateway.Tests.Safety;

/// <summary>TLS on the silo's ports, and towards engines.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly Certificates _certificates = new();
    private readonly ManualTimeProvider _clock = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_port_with_a_certificate_speaks_TLS_and_nothing_else(int version)
    {
        var (certificate, key) = _certificates.Issue("server", "127.0.0.1");
        await using var port = await PortAsync(new PortTlsOptions { Certificate = certificate, Key = key });
        using var http = Trusting();

        using var request = new HttpRequestMessage(HttpMethod.Get, port.Url) { Version = new Version(version, version == 1 ? 1 : 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await http.SendAsync(request);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync());
        Assert.Equal("", await RawHttp.AskAsync(port.Url, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    }

    [Fact]
    public async Task A_certificate_that_is_replaced_is_shown_without_a_restart_and_a_broken_one_is_not()
    {
        var (certificate, key) = _certificates.Issue("server", "127.0.0.1");
        await using var port = await PortAsync(new PortTlsOptions { Certificate = certificate, Key = key });
        var first = await ShownAsync(port.Url);

        _certificates.Issue("server", "127.0.0.1");
        Assert.Equal(first, await ShownAsync(port.Url));
        _clock.Advance(TimeSpan.FromSeconds(5));
        var second = await ShownAsync(port.Url);
        Assert.NotEqual(first, second);

        await File.WriteAllTextAsync(certificate, "nothing");
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(second, await ShownAsync(port.Url));
    }

    [Fact]
    public async Task Where_callers_must_show_a_certificate_only_the_authority_s_own_will_do()
    {
        var (certificate, key) = _certificates.Issue("server", "127.0.0.1");
        await using var port = await PortAsync(new PortTlsOptions { Certificate = certificate, Key = key, ClientAuthority = _certificates.AuthorityFile });
        using var strangers = new Certificates();

        var mine = _certificates.Issue("caller");
        using var known = Trusting(mine.Certificate, mine.Key);
        Assert.Equal("ok", await known.GetStringAsync(port.Url));

        using var none = Trusting();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => none.GetStringAsync(port.Url));
        var theirs = strangers.Issue("caller");
        using var unknown = Trusting(theirs.Certificate, theirs.Key);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => unknown.GetStringAsync(port.Url));
    }

    [Fact]
    public void Files_that_hold_no_certificate_are_refused_at_once()
    {
        var (certificate, key) = _certificates.Issue("server", "127.0.0.1");
        var other = _certificates.Issue("other", "127.0.0.1");
        Assert.ThrowsAny<CryptographicException>(() => new PortTls(new PortTlsOptions { Certificate = _certificates.AuthorityFile }, _clock));
        Assert.ThrowsAny<IOException>(() => new PortTls(new PortTlsOptions { Certificate = certificate + "x", Key = key }, _clock));
        Assert.ThrowsAny<Exception>(() => new PortTls(new PortTlsOptions { Certificate = certificate, Key = other.Key }, _clock));
        Assert.NotEmpty(new PortTlsOptions { Key = key }.Validate("Krewe:Tls:Client"));

        // Of silos: without an authority anybody would be one.
        Assert.ThrowsAny<IOException>(() => new PeerTls(new PeerTlsOptions { Certificate = certificate, Key = key, Authority = certificate + "x" }, _clock));
        Assert.StartsWith("Krewe:Tls:Silos:Authority: ", new PeerTlsOptions { Certificate = certificate, Key = key }.Validate("Krewe:Tls:Silos").Single(), StringComparison.Ordinal);
        Assert.StartsWith("Krewe:Tls:Silos:Certificate: ", new PeerTlsOptions { Authority = certificate }.Validate("Krewe:Tls:Silos").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("other authority")]
    [InlineData("other name")]
    public async Task Over_TLS_an_impostor_at_an_engine_s_address_gets_no_prompt(string how)
    {
        using var strangers = new Certificates();
        var (certificate, key) = how == "other name" ? _certificates.Issue("engine", "10.9.9.9") : strangers.Issue("engine", "127.0.0.1");
        await using var impostor = await PortAsync(new PortTlsOptions { Certificate = certificate, Key = key });
        using var client = Engines(new EngineTlsOptions { Authority = _certificates.AuthorityFile });

        var failure = await Assert.ThrowsAsync<EngineException>(() => client.SendAsync(Call(impostor.Url), CancellationToken.None).AsTask());

        Assert.Equal(EngineFailure.Unreachable, failure.Failure);
        Assert.Empty(impostor.Bodies);
    }

    [Fact]
    public async Task An_engine_of_the_authority_is_called_with_the_silo_s_own_certificate()
    {
        var (certificate, key) = _certificates.Issue("engine", "127.0.0.1");
        var mine = _certificates.Issue("silo");
        await using var engine = await PortAsync(new PortTlsOptions { Certificate = certificate, Key = key, ClientAuthority = _certificates.AuthorityFile });
        using var client = Engines(new EngineTlsOptions { Authority = _certificates.AuthorityFile, Certificate = mine.Certificate, Key = mine.Key });

        using var response = await client.SendAsync(Call(engine.Url), CancellationToken.None);

        Assert.Equal((200, "prompt"), (response.Status, Assert.Single(engine.Bodies)));
    }

    private static EngineClient Engines(EngineTlsOptions options) => new(new EngineClientOptions { Tls = options.Load() }, AddressAllowList.Loopback);

    private static EngineCall Call(Uri url) => new() { Engine = url, Path = "/v1/completions", Body = "prompt"u8.ToArray(), RequestId = "kr-1" };

    private static async Task<string> ShownAsync(Uri url)
    {
        string? shown = null;
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            shown = certificate!.GetCertHashString();
            return certificate.Subject.Length > 0;
        };
        using var http = new HttpClient(handler);
        await http.GetStringAsync(url);
        return shown!;
    }

    private HttpClient Trusting(string? certificate = null, string? key = null)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(_certificates.AuthorityFile);
        var tls = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        if (certificate is not null)
        {
            using var pem = X509Certificate2.CreateFromPemFile(certificate, key);
            tls.ClientCertificates = [X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null)];
        }

        return new HttpClient(new SocketsHttpHandler { SslOptions = tls, UseProxy = false });
    }

    private async Task<Port> PortAsync(PortTlsOptions options)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var tls = new PortTls(options, _clock);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            tls.Apply(listen);
        }));
        var port = new Port(builder.Build());
        await port.StartAsync();
        return port;
    }

    private sealed class Port(WebApplication application) : IAsyncDisposable
    {
        public Uri Url { get; private set; } = null!;

        public List<string> Bodies { get; } = [];

        public async Task StartAsync()
        {
            application.Run(async http =>
            {
                using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
                Bodies.Add(await reader.ReadToEndAsync());
                await http.Response.WriteAsync("ok");
            });
            await application.StartAsync();
            Url = new Uri(application.Urls.Single());
        }

        public async ValueTask DisposeAsync() => await application.DisposeAsync();
    }
}
