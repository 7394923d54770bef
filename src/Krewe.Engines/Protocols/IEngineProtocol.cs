using Krewe.Core.Protocols;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Protocols;

/// <summary>
/// How the bytes of one engine family look. Stateless: one instance serves all requests. The bodies returned are the
/// client's own bytes or stand in the buffer given: they are good as long as both are.
/// </summary>
public interface IEngineProtocol
{
    EngineProtocol Kind { get; }

    /// <summary>Whether a stream can tell its usage with each chunk (<c>stream_options.continuous_usage_stats</c>).</summary>
    bool TellsContinuousUsage { get; }

    /// <summary>Whether it can go on with a partial answer as the last message (<c>continue_final_message</c>), and render one (<c>/tokenize</c>).</summary>
    bool ContinuesMessages { get; }

    /// <summary>Whether a stream can tell its token ids (<c>return_token_ids</c>).</summary>
    bool TellsTokenIds { get; }

    /// <summary>Whether this request may be served by two instances. False = it goes aggregated.</summary>
    bool CanDisaggregate(RequestBody body);

    /// <summary>The body of a leg that does everything.</summary>
    ReadOnlyMemory<byte> WriteWhole(RequestBody body, in LegValues values, PooledBuffer output);

    /// <summary>The body of the leg that computes the prompt only. Its answer is one JSON document, never a stream.</summary>
    ReadOnlyMemory<byte> WritePrefill(RequestBody body, in LegValues values, PooledBuffer output);

    /// <summary>Reads a prefill leg's reply. <paramref name="reply"/> may be written to, and must live until the decode leg is sent.</summary>
    PrefillReply ReadPrefill(PooledBuffer reply, Uri prefillUrl);

    /// <summary>The body of the leg that takes the prompt's KV over and generates.</summary>
    ReadOnlyMemory<byte> WriteDecode(RequestBody body, in LegValues values, in PrefillReply prefill, PooledBuffer output);
}
