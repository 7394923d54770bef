using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Protocol;
using Krewe.EngineSim.Runtime;
using Krewe.EngineSim.Transfer;

namespace Krewe.EngineSim.Http;

/// <summary>One request in the engine, from its plan to its end; its end gives everything back.</summary>
internal sealed class Generation : IAsyncDisposable
{
    private readonly EngineLife _life;
    private readonly KvClient _transfers;
    private readonly Wakeup _wakeup = new();
    private readonly List<KvReading> _readings = [];

    public Generation(EngineLife life, KvClient transfers, GenerationRequest request, AnswerIdentity identity)
    {
        _life = life;
        _transfers = transfers;
        Request = request;
        Identity = identity;
        Calls = new List<GenerationCall>(request.Prompts.Count * request.Choices);
        foreach (var prompt in request.Prompts)
        {
            PromptTokens += prompt.Ids.Length;
            for (var choice = 0; choice < request.Choices; choice++)
            {
                Add(prompt.Ids, choice);
            }
        }
    }

    public GenerationRequest Request { get; }

    public AnswerIdentity Identity { get; }

    public List<GenerationCall> Calls { get; }

    /// <summary>Of all prompts.</summary>
    public int PromptTokens { get; }

    /// <summary>Why the request fails before it was submitted, where that is told inside the stream.</summary>
    public EngineErrorException? Refusal { get; private set; }

    public bool IsOver
    {
        get
        {
            foreach (var call in Calls)
            {
                if (!call.Sequence.IsOver)
                {
                    return false;
                }
            }

            return true;
        }
    }

    public void Wake() => _wakeup.Signal();

    /// <summary>A decode leg: claims the prompt's KV where the prefill instance holds it.</summary>
    public async ValueTask LoadKvAsync(CancellationToken cancellationToken)
    {
        if (Request.Transfer is not { DoRemotePrefill: true, IsComplete: true } transfer)
        {
            return;
        }

        var kv = new KvReference(transfer.RemoteEngineId!, transfer.RemoteRequestId!, transfer.RemoteHost!, transfer.RemotePort!.Value, transfer.RemoteBlockIds ?? []);
        foreach (var call in Calls)
        {
            var reading = new KvReading(_transfers, kv, call.Sequence);
            _readings.Add(reading);
            var refusal = await reading.ClaimAsync(_life.Options.MatchRequestIds && call.Index == 0 ? call.Sequence.Id : null, cancellationToken).ConfigureAwait(false);
            if (refusal is null)
            {
                call.Sequence.LoadsKv = true;
            }
            else if (_life.Options.KvLoadFailure == KvLoadFailure.Fail)
            {
                Refusal = new EngineErrorException(500, $"KV load failure: {refusal}.");
                if (!_life.Options.KvFailureInBand || !Request.Stream)
                {
                    throw Refusal;
                }

                return;
            }
        }
    }

    public void Submit()
    {
        if (Refusal is not null)
        {
            return;
        }

        foreach (var call in Calls)
        {
            if (!_life.Runtime.TrySubmit(call.Sequence))
            {
                throw new EngineErrorException(429, "The waiting queue is full.");
            }
        }
    }

    /// <summary>Waits until something happened.</summary>
    public async ValueTask WaitAsync(CancellationToken aborted)
    {
        aborted.ThrowIfCancellationRequested();
        await _wakeup.WaitAsync().ConfigureAwait(false);
        aborted.ThrowIfCancellationRequested();
        foreach (var reading in _readings)
        {
            if (reading is { Sequence.IsLoadTold: true, IsOpen: true })
            {
                // The prefill instance must still be there, and still hold it.
                if (await reading.FinishAsync(aborted).ConfigureAwait(false))
                {
                    _life.Runtime.Loaded(reading.Sequence);
                }
                else
                {
                    _life.Runtime.LoadFailed(reading.Sequence, _life.Options.KvLoadFailure == KvLoadFailure.Recompute);
                }
            }
        }
    }

    public void ThrowIfFailed()
    {
        if (Refusal is not null)
        {
            throw Refusal;
        }

        foreach (var call in Calls)
        {
            if (call.Sequence.Phase == SequencePhase.Failed)
            {
                throw new EngineErrorException(500, "KV load failure: the prefill instance was lost during the transfer.");
            }
        }
    }

    /// <summary>A prefill leg's transfer parameters; nothing where there are none.</summary>
    public void AppendTransfer(Utf8Buffer to)
    {
        var held = Calls[^1].Sequence;
        if (!held.HoldsKv || held.Phase != SequencePhase.Completed)
        {
            return;
        }

        to.Append("{\"do_remote_prefill\":true,\"do_remote_decode\":false,\"remote_block_ids\":"u8).AppendInts(held.HeldBlocks)
            .Append(",\"remote_engine_id\":"u8).AppendString(_life.EngineId)
            .Append(",\"remote_request_id\":"u8).AppendString(held.Id)
            .Append(",\"remote_host\":"u8).AppendString(_life.Options.AdvertisedHost)
            .Append(",\"remote_port\":"u8).Append(_life.Port)
            .Append(",\"tp_size\":1}"u8);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var call in Calls)
        {
            if (!call.Sequence.IsOver)
            {
                _life.Runtime.Cancel(call.Sequence);
            }
        }

        foreach (var reading in _readings)
        {
            // A decode that ends before its transfer still tells the prefill instance, which then need not wait for the lease.
            if (reading.IsOpen)
            {
                await reading.FinishAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private void Add(int[] prompt, int choice)
    {
        var index = Calls.Count;
        var plan = AnswerPlan.Make(Request, prompt, choice, _life.Options.AnswerLimits);
        var isOnly = Request.Prompts.Count * Request.Choices == 1 && Request.IsChat;
        var sequence = new SimSequence
        {
            Id = isOnly ? Identity.Id : $"{Identity.Id}-{index}",
            Prompt = prompt,
            Seed = plan.Seed,
            FirstIndex = plan.FirstIndex,
            Tokens = plan.Tokens,
            CacheRoot = BlockHash.Root(Request.CacheSalt),
            HoldsKv = Request.Transfer is { DoRemoteDecode: true } && !plan.IsStop,
            Owner = _wakeup,
        };
        if (!_life.Runtime.CanEverFit(sequence))
        {
            throw EngineErrorException.Bad($"The request needs more than the {_life.Options.KvBlocks} KV blocks that there are.", "max_tokens");
        }

        Calls.Add(new GenerationCall(index, plan, sequence));
    }
}
