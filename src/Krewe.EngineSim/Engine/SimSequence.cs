using Krewe.Core.Time;

namespace Krewe.EngineSim.Engine;

/// <summary>One prompt and its answer in the engine. Changed by <see cref="EngineCore"/> alone.</summary>
internal sealed class SimSequence
{
    private int _produced;
    private volatile SequencePhase _phase;

    /// <summary>The engine's own name for it, as in <c>remote_request_id</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Token ids, one at least.</summary>
    public required int[] Prompt { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>Index of the first token to produce.</summary>
    public int FirstIndex { get; init; }

    /// <summary>How many tokens it produces, one at least.</summary>
    public required int Tokens { get; init; }

    /// <summary>Where the chain of its blocks' names starts.</summary>
    public ulong CacheRoot { get; init; }

    /// <summary>A prefill leg: its KV is held under a lease when it ends.</summary>
    public bool HoldsKv { get; init; }

    /// <summary>A decode leg: its prompt's KV comes from a prefill instance.</summary>
    public bool LoadsKv { get; set; }

    /// <summary>Whoever waits for it.</summary>
    public object? Owner { get; init; }

    /// <summary>Tokens produced so far. Readable from any thread.</summary>
    public int Produced
    {
        get => Volatile.Read(ref _produced);
        internal set => Volatile.Write(ref _produced, value);
    }

    /// <summary>Readable from any thread; written after <see cref="Produced"/>.</summary>
    public SequencePhase Phase
    {
        get => _phase;
        internal set => _phase = value;
    }

    public bool IsOver => _phase is SequencePhase.Completed or SequencePhase.Cancelled or SequencePhase.Failed;

    /// <summary>Prompt tokens that were found in the cache.</summary>
    public int CachedTokens { get; internal set; }

    /// <summary>Blocks of the prompt, held under a lease after the end of a prefill leg.</summary>
    public int[] HeldBlocks { get; internal set; } = [];

    public Monotonic SubmittedAt { get; internal set; }

    public Monotonic LastTokenAt { get; internal set; }

    internal List<int> Blocks { get; } = [];

    /// <summary>Blocks that have a name, from the first.</summary>
    internal int NamedBlocks { get; set; }

    /// <summary>Blocks that it may still take.</summary>
    internal int PromisedBlocks { get; set; }

    internal ulong LastName { get; set; }

    /// <summary>Prompt tokens whose KV is there.</summary>
    internal int Computed { get; set; }

    /// <summary>Prompt tokens that the running step computes.</summary>
    internal int InStep { get; set; }

    internal bool IsDecodedInStep { get; set; }

    internal Monotonic ReadyAt { get; set; }

    internal bool IsLoadTold { get; set; }

    internal bool IsCancelled { get; set; }

    /// <summary>Token <paramref name="position"/> of prompt and answer together.</summary>
    internal int TokenAt(int position) =>
        position < Prompt.Length ? Prompt[position] : Krewe.EngineSim.Tokens.SimTokens.Id(Seed, FirstIndex + position - Prompt.Length);
}
