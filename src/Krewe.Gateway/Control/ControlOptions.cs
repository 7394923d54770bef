using System.Net;
using Krewe.Fleet.Pools;
using Krewe.Gateway.Access;
using Krewe.Gateway.Control.Access;

namespace Krewe.Gateway.Control;

/// <summary>The control port's credentials and limits. Without tokens, and without <see cref="AllowAnonymousLoopback"/>, nobody is let in.</summary>
public sealed class ControlOptions
{
    /// <summary>Who may register engines, and under which names. Default: nobody.</summary>
    public IList<EngineToken> EngineTokens { get; } = [];

    /// <summary>Who may administer: SHA-256 of each bearer token's UTF-8 bytes, as 64 hex digits. Default: nobody.</summary>
    public IList<string> OperatorTokens { get; } = [];

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
        for (var i = 0; i < EngineTokens.Count; i++)
        {
            var token = EngineTokens[i];
            if (!BearerToken.IsHash(token.Sha256))
            {
                yield return $"Krewe:Control:{nameof(EngineTokens)}:{i}:{nameof(token.Sha256)}: must be 64 hex digits, the SHA-256 of the token.";
            }

            foreach (var (key, pattern) in new[] { (nameof(token.Pool), token.Pool), (nameof(token.Name), token.Name) })
            {
                if (!NamePattern.TryParse(pattern, out _))
                {
                    yield return $"Krewe:Control:{nameof(EngineTokens)}:{i}:{key}: must be a name, or a beginning of names followed by *.";
                }
            }
        }

        for (var i = 0; i < OperatorTokens.Count; i++)
        {
            if (!BearerToken.IsHash(OperatorTokens[i]))
            {
                yield return $"Krewe:Control:{nameof(OperatorTokens)}:{i}: must be 64 hex digits, the SHA-256 of the token.";
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
    /// port without any would serve nobody there: whoever set it up wanted something else.
    /// </summary>
    public string? RefusalAt(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Loopback.IsLoopback(address) || EngineTokens.Count > 0 || OperatorTokens.Count > 0 ? null
            : $"--control-bind: {address} is reached from beyond this machine, and the control port has no token that would let anybody in: "
                + "set Krewe:Control:OperatorTokens:0 or Krewe:Control:EngineTokens:0:Sha256 (silo/run --new-token makes them), or --control-bind 127.0.0.1.";
    }
}
