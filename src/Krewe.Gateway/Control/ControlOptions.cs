using System.Net;
using Krewe.Fleet.Pools;
using Krewe.Gateway.Access;
using Krewe.Gateway.Control.Access;

namespace Krewe.Gateway.Control;

/// <summary>The control port's credentials and limits. Without tokens, and without <see cref="AllowAnonymousLoopback"/>, nobody is let in.</summary>
public sealed class ControlOptions
{
    /// <summary>Most tokens of engines, and most of operators: each is compared with what a caller shows.</summary>
    public const int MaxTokens = 1_000;

    /// <summary>Who may register engines, and under which names. Default: nobody.</summary>
    public IList<EngineToken> EngineTokens { get; } = [];

    /// <summary>Who may administer: SHA-256 of each bearer token's UTF-8 bytes, as 64 hex digits. Default: nobody.</summary>
    public IList<string> OperatorTokens { get; } = [];

    /// <summary>A JSON file with further tokens of both, read again whenever it changes. Default: none.</summary>
    public string? TokensFile { get; set; }

    /// <summary>Whether connections from this machine need no credentials: for the playground. Default: false.</summary>
    public bool AllowAnonymousLoopback { get; set; }

    /// <summary>Whether <c>/metrics</c> is served to anybody who reaches the port. Default: false, to operators only.</summary>
    public bool AnonymousMetrics { get; set; }

    /// <summary>Whether a registration into a pool that does not exist makes it: where no pools are configured. Default: false.</summary>
    public bool CreatePools { get; set; }

    /// <summary>Most pools that registrations may make. Default: 1,000.</summary>
    public int MaxPools { get; set; } = PoolIndexActor.MaxPools;

    /// <summary>Largest body of the engine side, in bytes. Default: 64 KiB.</summary>
    public int MaxBodyBytes { get; set; } = 64 << 10;

    /// <summary>Largest definition of a pool, in bytes. Default: 1 MiB.</summary>
    public int MaxPoolBytes { get; set; } = 1 << 20;

    /// <summary>How long a caller may take to send its body. Default: 10 s.</summary>
    public TimeSpan BodyTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an actor may take to answer. Default: 5 s.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What is wrong with these options; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (var error in ControlTokensFile.Validate(EngineTokens, $"Krewe:Control:{nameof(EngineTokens)}")
            .Concat(ControlTokensFile.Validate(OperatorTokens, $"Krewe:Control:{nameof(OperatorTokens)}")))
        {
            yield return error;
        }

        foreach (var (key, count) in new[] { (nameof(EngineTokens), EngineTokens.Count), (nameof(OperatorTokens), OperatorTokens.Count) })
        {
            if (count > MaxTokens)
            {
                yield return $"Krewe:Control:{key}: must be at most {MaxTokens}.";
            }
        }

        if (MaxPools is < 1 or > PoolIndexActor.MaxPools)
        {
            yield return $"Krewe:Control:{nameof(MaxPools)}: must be 1 to {PoolIndexActor.MaxPools}.";
        }

        if (MaxBodyBytes is < 1_024 or > (16 << 20))
        {
            yield return $"Krewe:Control:{nameof(MaxBodyBytes)}: must be 1 KiB to 16 MiB.";
        }

        if (MaxPoolBytes is < 1_024 or > (16 << 20))
        {
            yield return $"Krewe:Control:{nameof(MaxPoolBytes)}: must be 1 KiB to 16 MiB.";
        }

        foreach (var (key, value) in new[] { (nameof(BodyTimeout), BodyTimeout), (nameof(CallTimeout), CallTimeout) })
        {
            if (value <= TimeSpan.Zero || value > TimeSpan.FromMinutes(10))
            {
                yield return $"Krewe:Control:{key}: must be more than 0 and at most 10 minutes.";
            }
        }
    }

    /// <summary>
    /// What is wrong with listening at this address; null if nothing. Beyond loopback it takes a token to be let in, so a
    /// port without any would serve nobody there. A file without tokens will do: they may come while the silo runs.
    /// </summary>
    public string? RefusalAt(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Loopback.IsLoopback(address) || EngineTokens.Count > 0 || OperatorTokens.Count > 0 || TokensFile is not null ? null
            : $"--control-bind: {address} is reached from beyond this machine, and the control port has no token that would let anybody in: "
                + "set Krewe:Control:TokensFile, Krewe:Control:OperatorTokens:0 or Krewe:Control:EngineTokens:0:Sha256 (silo/run --new-token makes tokens), or --control-bind 127.0.0.1.";
    }
}
