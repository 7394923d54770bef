using System.CommandLine;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;

namespace Krewe.Silo.Hosting.Commands;

/// <summary>
/// The options of <c>silo/run</c>. Each is also a configuration key: <c>--client-port</c> is <c>Krewe:ClientPort</c>, or
/// <c>Krewe__ClientPort</c> in the environment. Settings file &lt; environment &lt; command line.
/// </summary>
public static class SiloCommand
{
    private static readonly (string Option, string Key, string Help)[] Known =
    [
        ("--client-port", "ClientPort", "Port of the OpenAI API; 0 takes a free one. Default 8080."),
        ("--control-port", "ControlPort", "Port of engines and operators; 0 takes a free one. Default 8081."),
        ("--grpc-port", "GrpcPort", "Port of the gRPC services; 0 takes a free one. Default 8082."),
        ("--bind", "Bind", "Address to listen on. Default 127.0.0.1."),
        ("--control-bind", "ControlBind", "Address that the control port listens on. Default: that of --bind."),
        ("--data", "Data", "Folder of the state. Default: krewe in the user's data folder."),
        ("--playground", "Playground", "Simulated engines to start: 2p2d (2 prefill + 2 decode), 4m (4 mixed), none. Default 2p2d."),
        ("--pools", "PoolsFile", "File with the pools, as JSON."),
        ("--host", "Host", "What hosts the actors: orleans, local, auto. Default auto."),
    ];

    /// <summary>Reads the command line over the configuration; null when help or a new credential was asked for, and shown.</summary>
    /// <exception cref="UsageException">An option or a value that is not known, in one line.</exception>
    public static SiloSettings? Read(string[] args, IConfiguration configuration, string hostName)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var root = new RootCommand("Runs one silo of Krewe in the foreground.");
        var options = Known.ToDictionary(known => known.Key, known => new Option<string?>(known.Option) { Description = known.Help });
        foreach (var option in options.Values)
        {
            root.Options.Add(option);
        }

        var migrate = new Option<bool>("--migrate") { Description = "Make the stores ready for this release, and end. May be done again at any time." };
        root.Options.Add(migrate);
        var newKey = new Option<string?>("--new-key") { Description = "Make an API key of this id, print it and what goes into the keys' file, and end." };
        var tenant = new Option<string?>("--tenant") { Description = "With --new-key: whose key it is. Default: the key's id." };
        var newToken = new Option<bool>("--new-token") { Description = "Make a token or secret of 256 random bits, print it and its SHA-256, and end." };
        root.Options.Add(newKey);
        root.Options.Add(tenant);
        root.Options.Add(newToken);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            throw new UsageException(parsed.Errors[0].Message);
        }

        if (parsed.Action is not null)
        {
            parsed.Invoke();
            return null;
        }

        if (CredentialCommand.Run(parsed.GetValue(newKey), parsed.GetValue(tenant), parsed.GetValue(newToken)))
        {
            return null;
        }

        return Settings(new Values(parsed, options, configuration.GetSection("Krewe")), hostName) with { Migrate = parsed.GetValue(migrate) };
    }

    private static SiloSettings Settings(Values values, string hostName)
    {
        var defaults = new SiloSettings();
        if (values.Get("Host") is { } host and not "auto" && host != hostName)
        {
            throw Values.Wrong("Host", host, host is "orleans" or "local" ? $"this is the {hostName} host" : "must be orleans, local or auto");
        }

        return defaults with
        {
            ClientPort = values.Port("ClientPort", defaults.ClientPort),
            ControlPort = values.Port("ControlPort", defaults.ControlPort),
            GrpcPort = values.Port("GrpcPort", defaults.GrpcPort),
            Bind = values.Address("Bind") ?? defaults.Bind,
            ControlBind = values.Address("ControlBind"),
            Data = values.Get("Data") ?? defaults.Data,
            Playground = values.Get("Playground") switch
            {
                null or "2p2d" => PlaygroundKind.TwoPrefillTwoDecode,
                "4m" => PlaygroundKind.FourMixed,
                "none" => PlaygroundKind.None,
                var text => throw Values.Wrong("Playground", text, "must be 2p2d, 4m or none"),
            },
            Pools = values.Get("PoolsFile"),
        };
    }

    private sealed class Values(ParseResult parsed, Dictionary<string, Option<string?>> options, IConfigurationSection section)
    {
        public string? Get(string key) =>
            parsed.GetResult(options[key]) is { } given ? given.GetValueOrDefault<string?>() : section[key];

        public int Port(string key, int fallback)
        {
            var text = Get(key);
            return text is null ? fallback
                : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort ? port
                : throw Wrong(key, text, "must be a port, 0 to 65535");
        }

        public IPAddress? Address(string key) => Get(key) switch
        {
            null => null,
            var text when IPAddress.TryParse(text, out var address) => address,
            var text => throw Wrong(key, text, "must be an IP address"),
        };

        public static UsageException Wrong(string key, string value, string rule) =>
            new($"{Array.Find(Known, known => known.Key == key).Option}: '{value}': {rule}.");
    }
}
