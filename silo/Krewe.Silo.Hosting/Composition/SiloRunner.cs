using System.Globalization;
using System.Security.Cryptography;
using Krewe.Core.Identity;
using Krewe.Core.Randomness;
using Krewe.Engines.Http;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Telemetry;
using Krewe.Gateway.Access;
using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Krewe.Gateway.Control;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Polling;
using Krewe.Gateway.Ports;
using Krewe.Gateway.Serving;
using Krewe.Silo.Hosting.Commands;
using Krewe.Silo.Hosting.Playground;
using Krewe.Silo.Hosting.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>Puts a silo together, runs it until it is asked to go, and takes it down in order.</summary>
public static class SiloRunner
{
    /// <summary>Exit code of a silo that cannot run as asked.</summary>
    public const int UsageError = 2;

    /// <summary>Runs a silo; the result is the process's exit code.</summary>
    public static async Task<int> RunAsync(string[] args, IActorHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        try
        {
            var configuration = SiloConfiguration.Read();
            if (SiloCommand.Read(args, configuration, host.Name) is not { } settings)
            {
                return 0;
            }

            if (settings.Migrate)
            {
                Console.WriteLine("Migrated: " + await WithDataAsync(() => host.MigrateAsync(settings, configuration)));
            }
            else
            {
                return await RunAsync(settings, SiloOptions.Read(configuration), configuration, host);
            }

            return 0;
        }
        catch (UsageException error)
        {
            await Console.Error.WriteLineAsync("silo: " + error.Message);
            return UsageError;
        }
    }

    private static async Task<int> RunAsync(SiloSettings settings, SiloOptions options, IConfiguration configuration, IActorHost host)
    {
        options.CheckPorts(settings);
        var pools = PoolsConfiguration.Read(settings.Pools);
        var time = TimeProvider.System;
        var random = new SeededRandom(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
        var id = new SiloId(string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}-{random.NextUInt64():x8}"));
        using var telemetry = TelemetryExport.Start(options.Telemetry, id);
        using var instruments = new KreweInstruments();
        FleetServices? known = null;
        using var clients = new EngineClients(pool => known?.View.Find(pool)?.Definition, new EngineClientOptions { Tls = SiloTls.TowardsEngines(options.EngineTls) });
        using var fleet = known = new FleetServices(id, time, random, new EngineProbe(clients, time), options.Fleet, instruments);
        using var lifetime = new SiloLifetime(options.Shutdown, time);
        using var signals = new ShutdownSignals(lifetime);

        await using var control = await BuildControlAsync(settings, options, configuration, host, fleet, lifetime, arePoolsConfigured: pools.Count > 0);
        var tokens = ControlTokensFile.Follow(
            control.Services.GetRequiredService<ControlAccess>(), control.Services.GetRequiredService<ControlOptions>(), time, control.Services.GetRequiredService<ILogger<FollowedFile>>());
        await using var following = CredentialFiles.Follow(tokens, "Krewe:Control:TokensFile");
        control.MapKreweControl();
        host.MapControl(control);
        var controlUrl = await BoundApplication.StartAsync(control, "--control-port", settings.ControlPort);
        var actors = control.Services.GetRequiredService<IActors>();
        await new FleetStarter(actors).StartAsync(pools);

        await using var polling = BackgroundLoop.Start(
            new DeclaredInstancePoller(fleet, actors, clients, control.Services.GetRequiredService<ILogger<DeclaredInstancePoller>>()).RunAsync);

        var pipeline = new InferencePipeline(fleet, actors, clients, lifetime, options.Client);

        // As on the control port: without configured pools this is a playground, and loopback needs no key.
        options.Client.AllowAnonymousLoopback |= pools.Count == 0;
        await using var client = BuildClient(settings, configuration, options);
        var access = new ClientAccess(options.Client, time);
        var keys = ClientKeysFile.Follow(access, options.Client, time, client.Services.GetRequiredService<ILogger<FollowedFile>>());
        await using var reloading = CredentialFiles.Follow(keys, "Krewe:Client:KeysFile");
        client.MapKreweClient(fleet, actors, pipeline, lifetime, options.Client, access);
        var clientUrl = await BoundApplication.StartAsync(client, "--client-port", settings.ClientPort);

        await using var grpc = host.Grpc is { } port ? BuildGrpc(port, settings, configuration, options, control.Services, pipeline, access) : null;
        var grpcUrl = grpc is null ? null : await BoundApplication.StartAsync(grpc, "--grpc-port", settings.GrpcPort);

        await using var playground = await EnginePlayground.StartAsync(settings.Playground, new Uri(controlUrl), fleet.View, signals.Hurry);
        lifetime.Ready();
        Console.WriteLine($"Control port: {controlUrl}");
        if (grpcUrl is not null)
        {
            Console.WriteLine($"gRPC port: {grpcUrl}");
        }

        Console.WriteLine($"Krewe is ready: {clientUrl}/v1 ({playground.Summary})");

        await lifetime.DrainAsked;
        await lifetime.DrainAsync(signals.Hurry);
        await playground.DisposeAsync();
        await polling.DisposeAsync();
        await client.StopAsync();
        await (grpc?.StopAsync() ?? Task.CompletedTask);
        await control.StopAsync();
        return lifetime.ExitCode;
    }

    private static async Task<WebApplication> BuildControlAsync(
        SiloSettings settings,
        SiloOptions options,
        IConfiguration configuration,
        IActorHost host,
        FleetServices fleet,
        SiloLifetime lifetime,
        bool arePoolsConfigured)
    {
        var builder = NewBuilder(configuration);
        var tls = SiloTls.Of(options.Tls.Control, $"{SiloTlsOptions.Section}:Control");
        BoundApplication.Listen(builder, settings.ControlBind ?? settings.Bind, settings.ControlPort, options.Control.MaxPoolBytes, options.Limits, tls);
        builder.Services.AddKreweControl(control =>
        {
            configuration.GetSection("Krewe:Control").Bind(control);

            // Without configured pools this is a playground: engines make their own, and loopback needs no credentials.
            control.CreatePools = !arePoolsConfigured;
            control.AllowAnonymousLoopback |= !arePoolsConfigured;
        });
        builder.Services.AddSingleton(fleet);
        builder.Services.AddSingleton(lifetime);
        await WithDataAsync(async () =>
        {
            await host.ConfigureAsync(builder, settings, fleet);
            return true;
        });
        return builder.Build();
    }

    private static async Task<T> WithDataAsync<T>(Func<Task<T>> use)
    {
        try
        {
            return await use();
        }
        catch (IOException error)
        {
            throw new UsageException($"--data: {error.Message}", error);
        }
    }

    private static WebApplication BuildClient(SiloSettings settings, IConfiguration configuration, SiloOptions options)
    {
        var builder = NewBuilder(configuration);
        var tls = SiloTls.Of(options.Tls.Client, $"{SiloTlsOptions.Section}:Client");
        BoundApplication.Listen(builder, settings.Bind, settings.ClientPort, options.Client.MaxBodyBytes, options.Limits, tls);
        return builder.Build();
    }

    private static WebApplication BuildGrpc(
        IGrpcPort port, SiloSettings settings, IConfiguration configuration, SiloOptions options, IServiceProvider silo, InferencePipeline pipeline, ClientAccess access)
    {
        var builder = NewBuilder(configuration);

        var tls = SiloTls.Of(options.Tls.Grpc, $"{SiloTlsOptions.Section}:Grpc");

        // gRPC's own limits tell what is too large, in gRPC's words.
        BoundApplication.Listen(builder, settings.Bind, settings.GrpcPort, options.Client.MaxBodyBytes, options.Limits, tls, HttpProtocols.Http2);
        port.Configure(builder.Services, silo, pipeline, options.Client, access);
        var application = builder.Build();
        port.Map(application);
        return application;
    }

    private static WebApplicationBuilder NewBuilder(IConfiguration configuration)
    {
        // Slim: signals and the command line are ours to read, once.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddConfiguration(configuration);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<Microsoft.Extensions.Hosting.IHostLifetime, SilentLifetime>();
        builder.Logging.AddConfiguration(configuration.GetSection("Logging"));
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);

        // What keeps a host from starting is told once, by us, in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);

        builder.Logging.AddPortFilters();
        return builder;
    }
}
