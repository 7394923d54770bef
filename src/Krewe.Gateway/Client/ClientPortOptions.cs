using System.Net;
using Krewe.Gateway.Access;
using Krewe.Gateway.Client.Access;

namespace Krewe.Gateway.Client;

/// <summary>The client port's credentials and limits. Without keys, and without leave for callers that have none, nobody is let in.</summary>
public sealed class ClientPortOptions
{
    /// <summary>Most keys.</summary>
    public const int MaxKeys = 100_000;

    /// <summary>The API keys. Default: none.</summary>
    public IList<ClientKeyOptions> Keys { get; } = [];

    /// <summary>A JSON file with further keys, read again whenever it changes. Default: none.</summary>
    public string? KeysFile { get; set; }

    /// <summary>
    /// The secret that tenants' cache salts are made with, at least 32 characters. Needed where there are keys; the same on
    /// all silos, or they would not share engines' prefix caches. Default: none.
    /// </summary>
    public string? CacheSecret { get; set; }

    /// <summary>Whether connections from this machine need no key: for the playground. Default: false.</summary>
    public bool AllowAnonymousLoopback { get; set; }

    /// <summary>Whether nobody needs a key: where something in front of Krewe knows its callers. Default: false.</summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>
    /// How many output tokens a request that sets no limit is expected to use, until it is known; for keys with a limit of
    /// tokens. Default: 512.
    /// </summary>
    public int AssumedOutputTokens { get; set; } = 512;

    /// <summary>Largest request body, in bytes. Default: 32 MiB (images are sent inline).</summary>
    public int MaxBodyBytes { get; set; } = 32 << 20;

    /// <summary>Most bytes of request bodies held at once; each lasts as long as its request. Default: 1 GiB.</summary>
    public long MaxHeldBodyBytes { get; set; } = 1L << 30;

    /// <summary>Longest deadline that a client may ask for. Default: 1 day.</summary>
    public TimeSpan MaxDeadline { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How much of a running answer is kept for going on with it elsewhere, in bytes of JSON: of its text, and where token
    /// ids are kept, of these and of the prompt's each. An answer that grows beyond it is not continued. Default: 1 MiB.
    /// </summary>
    public int MaxContinuationBytes { get; set; } = 1 << 20;

    /// <summary>
    /// Longest that a stream waits for a client whose connection broke; <c>Krewe-Resume-Ms</c> asks for it, and what is
    /// granted is answered. 0 = none is held. Default: 5 min.
    /// </summary>
    public TimeSpan MaxResume { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How much of a stream is kept for a client that may come back, in bytes of its events. Default: 1 MiB.</summary>
    public int MaxResumeBytes { get; set; } = 1 << 20;

    /// <summary>
    /// The same of all streams together; those that have ended make way first, and where there is no more, streams are not
    /// held. Default: 256 MiB.
    /// </summary>
    public long MaxResumeBytesTotal { get; set; } = 256 << 20;

    /// <summary>What is wrong with these options; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (var error in ClientKeysFile.Validate([.. Keys], "Krewe:Client:Keys").Concat(ClientKeysFile.Duplicates(Keys).Select(text => "Krewe:Client:Keys: " + text)))
        {
            yield return error;
        }

        if (Keys.Count > MaxKeys)
        {
            yield return $"Krewe:Client:{nameof(Keys)}: must be at most {MaxKeys}.";
        }

        if (CacheSecret is { Length: < CacheSalt.ShortestSecret } || (CacheSecret is null && (Keys.Count > 0 || KeysFile is not null)))
        {
            yield return $"Krewe:Client:{nameof(CacheSecret)}: must be at least {CacheSalt.ShortestSecret} characters, the same on all silos, where there are keys (silo/run --new-token makes one).";
        }

        if (AssumedOutputTokens < 0)
        {
            yield return $"Krewe:Client:{nameof(AssumedOutputTokens)}: must be at least 0.";
        }

        if (MaxBodyBytes is < 1024 or > (1 << 30))
        {
            yield return $"Krewe:Client:{nameof(MaxBodyBytes)}: must be 1 KiB to 1 GiB.";
        }

        if (MaxHeldBodyBytes < MaxBodyBytes)
        {
            yield return $"Krewe:Client:{nameof(MaxHeldBodyBytes)}: must be at least {nameof(MaxBodyBytes)}.";
        }

        if (MaxContinuationBytes is < 0 or > (64 << 20))
        {
            yield return $"Krewe:Client:{nameof(MaxContinuationBytes)}: must be 0 to 64 MiB.";
        }

        if (MaxDeadline < TimeSpan.FromMilliseconds(1) || MaxDeadline > TimeSpan.FromDays(7))
        {
            yield return $"Krewe:Client:{nameof(MaxDeadline)}: must be 1 ms to 7 days.";
        }

        if (MaxResume < TimeSpan.Zero || MaxResume > TimeSpan.FromHours(1))
        {
            yield return $"Krewe:Client:{nameof(MaxResume)}: must be 0 to 1 hour.";
        }

        if (MaxResumeBytes is < 1024 or > (64 << 20))
        {
            yield return $"Krewe:Client:{nameof(MaxResumeBytes)}: must be 1 KiB to 64 MiB.";
        }

        if (MaxResumeBytesTotal < MaxResumeBytes || MaxResumeBytesTotal > 64L << 30)
        {
            yield return $"Krewe:Client:{nameof(MaxResumeBytesTotal)}: must be {nameof(MaxResumeBytes)} to 64 GiB.";
        }
    }

    /// <summary>
    /// What is wrong with listening at this address; null if nothing. Beyond loopback it takes a key to be let in, so a port
    /// without any would serve nobody there. A file without keys will do: they may come while the silo runs.
    /// </summary>
    public string? RefusalAt(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Loopback.IsLoopback(address) || Keys.Count > 0 || KeysFile is not null || AllowAnonymous ? null
            : $"--bind: {address} is reached from beyond this machine, and the client port has no key that would let anybody in: "
                + "set Krewe:Client:KeysFile (silo/run --new-key makes keys), or Krewe:Client:AllowAnonymous where callers are known otherwise, or --bind 127.0.0.1.";
    }
}
