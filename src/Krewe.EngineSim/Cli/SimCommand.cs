using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Krewe.Core.Instances;
using Krewe.EngineSim.Agent;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Cli;

/// <summary>The command line: options in, engines' options out. Their defaults are those of the library.</summary>
internal sealed class SimCommand
{
    private static readonly SimEngineOptions Defaults = new();

    private readonly Option<string> _name = new("--name") { Description = "Name of the instance; with --count, with a number behind it", DefaultValueFactory = static _ => Defaults.Name };
    private readonly Option<InstanceRole> _role = new("--role") { Description = "prefill, decode or mixed", DefaultValueFactory = static _ => Defaults.Role };
    private readonly Option<int> _count = new("--count") { Description = "So many engines in this process", DefaultValueFactory = static _ => 1 };
    private readonly Option<IPAddress> _bind = new("--bind") { Description = "Address to listen at", DefaultValueFactory = static _ => Defaults.Bind, CustomParser = ParseAddress };
    private readonly Option<int> _port = new("--port") { Description = "Port to listen at, counted up with --count; 0 takes free ones" };
    private readonly Option<string> _model = new("--model") { Description = "Model", DefaultValueFactory = static _ => Defaults.Model };
    private readonly Option<Uri?> _register = new("--register") { Description = "A silo's control URL to register with; without, the engine is on its own", CustomParser = ParseUrl };
    private readonly Option<string> _pool = new("--pool") { Description = "Pool to register in", DefaultValueFactory = static _ => "sim" };
    private readonly Option<string> _transferGroup = new("--transfer-group") { Description = "Transfer group to register", DefaultValueFactory = static _ => "default" };
    private readonly Option<string?> _token = new("--token") { Description = "Bearer token for the registration" };
    private readonly Option<string> _advertisedHost = new("--advertised-host") { Description = "Host told in transfer parameters", DefaultValueFactory = static _ => Defaults.AdvertisedHost };
    private readonly Option<bool> _fast = new("--fast") { Description = "Take no time at all" };
    private readonly Option<double?> _stepMs = new("--step-ms") { Description = "A step's time with nothing in it (6)" };
    private readonly Option<double?> _stepMsPerRunning = new("--step-ms-per-running") { Description = "What each request adds to a step (0.35)" };
    private readonly Option<double?> _prefillMsPerToken = new("--prefill-ms-per-token") { Description = "What each uncached prompt token adds to a step (0.125)" };
    private readonly Option<double?> _fixedTtftMs = new("--fixed-ttft-ms") { Description = "Prefill time of any prompt" };
    private readonly Option<double?> _transferMs = new("--kv-transfer-ms") { Description = "Fixed part of a KV transfer (1)" };
    private readonly Option<double?> _transferMsPerToken = new("--kv-transfer-ms-per-token") { Description = "What each token adds to it (0.008)" };
    private readonly Option<double> _leaseMs = new("--kv-lease-ms") { Description = "How long a prefill's KV is held", DefaultValueFactory = static _ => Defaults.KvLease.TotalMilliseconds };
    private readonly Option<KvLoadFailure> _loadFailure = new("--kv-load-failure") { Description = "fail or recompute", DefaultValueFactory = static _ => Defaults.KvLoadFailure };
    private readonly Option<int> _kvBlocks = new("--kv-blocks") { Description = "KV cache, in blocks", DefaultValueFactory = static _ => Defaults.KvBlocks };
    private readonly Option<int> _blockSize = new("--block-size") { Description = "Tokens in a block", DefaultValueFactory = static _ => Defaults.BlockSize };
    private readonly Option<int> _maxRunning = new("--max-num-seqs") { Description = "Most requests in the batch", DefaultValueFactory = static _ => Defaults.MaxRunning };
    private readonly Option<int> _maxWaiting = new("--max-waiting") { Description = "Most requests that wait", DefaultValueFactory = static _ => Defaults.MaxWaiting };
    private readonly Option<int> _maxModelLength = new("--max-model-len") { Description = "Prompt and answer together, in tokens", DefaultValueFactory = static _ => Defaults.MaxModelLength };
    private readonly Option<int> _minAnswer = new("--min-answer") { Description = "Shortest answer that ends by itself, in tokens", DefaultValueFactory = static _ => Defaults.MinAnswerTokens };
    private readonly Option<int> _maxAnswer = new("--max-answer") { Description = "Longest such", DefaultValueFactory = static _ => Defaults.MaxAnswerTokens };
    private readonly Option<ChatTemplate> _template = new("--chat-template") { Description = "sound, trims or inserts", DefaultValueFactory = static _ => Defaults.Template };

    public RootCommand Root()
    {
        var root = new RootCommand("Simulated LLM engines that speak vLLM's protocol, without a GPU.");
        foreach (var option in new Option[]
        {
            _name, _role, _count, _bind, _port, _model, _register, _pool, _transferGroup, _token, _advertisedHost, _fast, _stepMs, _stepMsPerRunning,
            _prefillMsPerToken, _fixedTtftMs, _transferMs, _transferMsPerToken, _leaseMs, _loadFailure, _kvBlocks, _blockSize, _maxRunning,
            _maxWaiting, _maxModelLength, _minAnswer, _maxAnswer, _template,
        })
        {
            root.Options.Add(option);
        }

        return root;
    }

    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public IReadOnlyList<SimEngineOptions> Engines(ParseResult parsed)
    {
        var count = parsed.GetValue(_count);
        if (count is < 1 or > 10_000)
        {
            throw new ArgumentException($"--count must be from 1 to 10,000, is {count}.");
        }

        var port = parsed.GetValue(_port);
        var template = Defaults with
        {
            Name = parsed.GetValue(_name)!,
            Role = parsed.GetValue(_role),
            Bind = parsed.GetValue(_bind)!,
            Model = parsed.GetValue(_model)!,
            AdvertisedHost = parsed.GetValue(_advertisedHost)!,
            Timing = Timing(parsed),
            KvLease = TimeSpan.FromMilliseconds(parsed.GetValue(_leaseMs)),
            KvLoadFailure = parsed.GetValue(_loadFailure),
            KvBlocks = parsed.GetValue(_kvBlocks),
            BlockSize = parsed.GetValue(_blockSize),
            MaxRunning = parsed.GetValue(_maxRunning),
            MaxWaiting = parsed.GetValue(_maxWaiting),
            MaxModelLength = parsed.GetValue(_maxModelLength),
            MinAnswerTokens = parsed.GetValue(_minAnswer),
            MaxAnswerTokens = parsed.GetValue(_maxAnswer),
            Template = parsed.GetValue(_template),
            MayExitProcess = true,
        };
        var engines = SimFleet.Several(template, count).Select((engine, i) => engine with { Port = port == 0 ? 0 : port + i }).ToList();
        foreach (var engine in engines)
        {
            engine.Check();
        }

        return engines;
    }

    /// <summary>How they are registered; null: not.</summary>
    public SimAgentOptions? Agent(ParseResult parsed) => parsed.GetValue(_register) is { } url
        ? new SimAgentOptions { ControlUrl = url, Pool = parsed.GetValue(_pool)!, TransferGroup = parsed.GetValue(_transferGroup)!, Token = parsed.GetValue(_token) }
        : null;

    private SimTiming Timing(ParseResult parsed)
    {
        var timing = parsed.GetValue(_fast) ? SimTiming.Instant : Defaults.Timing;
        return timing with
        {
            StepBase = Time(parsed, _stepMs) ?? timing.StepBase,
            StepPerRunning = Time(parsed, _stepMsPerRunning) ?? timing.StepPerRunning,
            PrefillPerToken = Time(parsed, _prefillMsPerToken) ?? timing.PrefillPerToken,
            FixedTtft = Time(parsed, _fixedTtftMs) ?? timing.FixedTtft,
            KvTransferSetup = Time(parsed, _transferMs) ?? timing.KvTransferSetup,
            KvTransferPerToken = Time(parsed, _transferMsPerToken) ?? timing.KvTransferPerToken,
        };
    }

    private static TimeSpan? Time(ParseResult parsed, Option<double?> option) => parsed.GetValue(option) switch
    {
        null => null,
        >= 0 and <= 600_000 and var ms => TimeSpan.FromMilliseconds(ms),
        var ms => throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{option.Name} must be from 0 to 600,000, is {ms}.")),
    };

    private static IPAddress? ParseAddress(ArgumentResult result)
    {
        if (IPAddress.TryParse(result.Tokens[0].Value, out var address))
        {
            return address;
        }

        result.AddError($"--bind '{result.Tokens[0].Value}' is not an IP address.");
        return null;
    }

    private static Uri? ParseUrl(ArgumentResult result)
    {
        if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
        {
            return url;
        }

        result.AddError($"--register '{result.Tokens[0].Value}' is not an http URL.");
        return null;
    }
}
