using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Bench.Overhead;

/// <summary>The floor for .NET: forwards each request as it is to one engine, on the same HTTP stack, and flushes what comes back as it comes. No routing, no parsing, no books.</summary>
internal static class BareForwarder
{
    public static Command Create()
    {
        var target = new Option<string>("--target") { Required = true, Description = "The engine's URL." };
        var command = new Command("bare", "Runs the bare forwarder that overhead compares with.") { target };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => RunAsync(new Uri(parsed.GetValue(target)!), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Uri target, CancellationToken cancellationToken)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
        });
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Run(context => ForwardAsync(context, http, target));
        await app.StartAsync(cancellationToken);
        Console.WriteLine("Bare is ready: " + app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default);
        return 0;
    }

    private static async Task ForwardAsync(HttpContext context, HttpMessageInvoker http, Uri target)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(target, context.Request.Path));
        request.Content = new StreamContent(context.Request.Body);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        request.Content.Headers.ContentLength = context.Request.ContentLength;
        using var response = await http.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        context.Response.ContentLength = response.Content.Headers.ContentLength;
        var from = await response.Content.ReadAsStreamAsync(context.RequestAborted);
        var to = context.Response.BodyWriter;
        while (true)
        {
            var read = await from.ReadAsync(to.GetMemory(4096), context.RequestAborted);
            if (read == 0)
            {
                return;
            }

            to.Advance(read);
            await to.FlushAsync(context.RequestAborted);
        }
    }
}
