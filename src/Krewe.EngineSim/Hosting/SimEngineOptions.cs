using System.Net;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Randomness;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Protocol;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Hosting;

/// <summary>One simulated engine. Checked when it starts.</summary>
public sealed record SimEngineOptions
{
    /// <summary>Name of the instance. Default <c>sim</c>.</summary>
    public string Name { get; init; } = "sim";

    /// <summary>What it says it does when it registers; the engine itself serves every leg, as vLLM does. Default mixed.</summary>
    public InstanceRole Role { get; init; } = InstanceRole.Mixed;

    /// <summary>Default <c>sim-model</c>.</summary>
    public string Model { get; init; } = "sim-model";

    /// <summary>Address to listen at. Default 127.0.0.1.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Loopback;

    /// <summary>Port to listen at; 0, the default, takes a free one and keeps it over restarts.</summary>
    public int Port { get; init; }

    public SimTiming Timing { get; init; } = new();

    /// <summary>Most requests in the batch. Default 256.</summary>
    public int MaxRunning { get; init; } = 256;

    /// <summary>Most requests that wait beyond those; more are answered 429. Default 1,000.</summary>
    public int MaxWaiting { get; init; } = 1000;

    /// <summary>KV cache in blocks. Default 8,192.</summary>
    public int KvBlocks { get; init; } = 8192;

    /// <summary>Tokens in a block. Default 16.</summary>
    public int BlockSize { get; init; } = 16;

    /// <summary>Prompt and answer together, in tokens. Default 32,768.</summary>
    public int MaxModelLength { get; init; } = 32_768;

    /// <summary>Shortest answer that ends by itself, in tokens. Default 24.</summary>
    public int MinAnswerTokens { get; init; } = 24;

    /// <summary>Longest such. Default 96.</summary>
    public int MaxAnswerTokens { get; init; } = 96;

    /// <summary>How long a prefill's KV is held for a decode that does not come. Default 30 s.</summary>
    public TimeSpan KvLease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What a decode whose KV cannot be loaded does. Default: it fails.</summary>
    public KvLoadFailure KvLoadFailure { get; init; }

    /// <summary>Whether a streamed decode whose KV cannot be loaded fails under status 200 by an error event, as current vLLM does, instead of status 500. Default false.</summary>
    public bool KvFailureInBand { get; init; }

    /// <summary>Whether both legs must carry one <c>X-Request-Id</c>, as older NIXL connectors need. Default true.</summary>
    public bool MatchRequestIds { get; init; } = true;

    /// <summary>What it says is its host in transfer parameters. Default <c>localhost</c>, as vLLM: wrong across machines.</summary>
    public string AdvertisedHost { get; init; } = "localhost";

    /// <summary>How long a decode waits for a prefill instance's answer. Default 10 s.</summary>
    public TimeSpan TransferTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether <c>usage</c> tells cached tokens (vLLM's --enable-prompt-tokens-details). Default false.</summary>
    public bool TellsCachedTokens { get; init; }

    public SimStreamShape Shape { get; init; } = SimStreamShape.Plain;

    public ChatTemplate Template { get; init; }

    /// <summary>The last so many generation requests are kept as they came, for tests. Default 0.</summary>
    public int KeepsRequests { get; init; }

    /// <summary>Whether the fault <c>exit</c> may end this process, as a real engine's would. Default false.</summary>
    public bool MayExitProcess { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where incarnations and request ids come from; null: seeded by the operating system.</summary>
    public IRandomSource? Random { get; init; }

    internal EngineLimits Limits => new(MaxRunning, MaxWaiting, KvBlocks, BlockSize, KvLease);

    internal AnswerLimits AnswerLimits => new(MaxModelLength, MinAnswerTokens, MaxAnswerTokens);

    /// <exception cref="ArgumentException">An option is out of its range; the message names each.</exception>
    internal void Check()
    {
        var errors = Errors().Concat(Timing.Errors()).Concat(Shape.Errors()).ToList();
        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", errors));
        }
    }

    private IEnumerable<string> Errors()
    {
        if (!NameRule.IsValid(Name))
        {
            yield return $"Name '{Name}' is not {NameRule.Description}.";
        }

        if (string.IsNullOrWhiteSpace(Model) || Model.Length > 256)
        {
            yield return "Model must be 1 to 256 characters.";
        }

        foreach (var (name, value, min, max) in new[]
        {
            (nameof(Port), Port, 0, 65535), (nameof(MaxRunning), MaxRunning, 1, 100_000), (nameof(MaxWaiting), MaxWaiting, 0, 1_000_000),
            (nameof(KvBlocks), KvBlocks, 1, 10_000_000), (nameof(BlockSize), BlockSize, 1, 256), (nameof(MaxModelLength), MaxModelLength, 2, SimTokens.MaxIndex),
            (nameof(MinAnswerTokens), MinAnswerTokens, 0, MaxAnswerTokens), (nameof(MaxAnswerTokens), MaxAnswerTokens, 1, SimTokens.MaxIndex),
            (nameof(KeepsRequests), KeepsRequests, 0, 100_000),
        })
        {
            if (value < min || value > max)
            {
                yield return $"{name} must be from {min} to {max}, is {value}.";
            }
        }

        if (KvLease <= TimeSpan.Zero || TransferTimeout <= TimeSpan.Zero)
        {
            yield return $"{nameof(KvLease)} and {nameof(TransferTimeout)} must be above 0.";
        }
    }
}
