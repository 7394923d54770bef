using Krewe.Core.Time;

namespace Krewe.EngineSim.Engine;

/// <summary>
/// The engine without a clock, threads or I/O: continuous batching with chunked prefill over a paged KV cache. Time comes
/// in with each call, what happened goes out as events, so the same calls give the same answers. Steps follow each other
/// without gaps while there is work: a caller that comes late gets every step that is due, at its own time.
/// One caller at a time.
/// </summary>
internal sealed class EngineCore
{
    private readonly SimTiming _timing;
    private readonly EngineLimits _limits;
    private readonly LinkedList<SimSequence> _waiting = [];
    private readonly List<SimSequence> _running = [];
    private Monotonic _stepEnd;
    private bool _isStepping;

    public EngineCore(SimTiming timing, EngineLimits limits)
    {
        _timing = timing;
        _limits = limits;
        Cache = new KvCache(limits, Counters);
    }

    public EngineCounters Counters { get; } = new();

    public KvCache Cache { get; }

    /// <summary>Factor on every time from the next step on; 1 = as configured.</summary>
    public double Slowness { get; set; } = 1;

    /// <summary>While it is, nothing happens, however much time passes; the caller's clock stands still too.</summary>
    public bool IsHalted { get; set; }

    public int Running => _running.Count;

    public int Waiting => _waiting.Count;

    /// <summary>Prompt tokens whose KV is still to be computed or fetched, of waiting and running sequences.</summary>
    public long QueuedTokens { get; private set; }

    /// <summary>Takes a sequence in, and does what is due. False where the queue is full.</summary>
    /// <exception cref="ArgumentException">It can never fit the KV cache.</exception>
    public bool TrySubmit(SimSequence sequence, Monotonic now, List<EngineEvent> events)
    {
        if (!Cache.CanEverFit(sequence))
        {
            throw new ArgumentException($"Sequence {sequence.Id} can never fit into {Cache.Total} KV blocks.", nameof(sequence));
        }

        // First what was due before it came, so that nothing happens to it in its past.
        Advance(now, events);
        if (_waiting.Count + _running.Count >= _limits.MaxRunning + _limits.MaxWaiting)
        {
            return false;
        }

        sequence.SubmittedAt = now;
        QueuedTokens += sequence.Prompt.Length;
        if (_timing.IsInstant && !IsHalted && !sequence.LoadsKv && TryRunAtOnce(sequence, now, events))
        {
            return true;
        }

        sequence.Phase = SequencePhase.Waiting;
        _waiting.AddLast(sequence);
        Advance(now, events);
        return true;
    }

    /// <summary>Ends a sequence. One that waits is gone at once; a running one and its blocks, at the end of the step.</summary>
    public void Cancel(SimSequence sequence, List<EngineEvent> events)
    {
        if (sequence.IsOver || sequence.Phase == SequencePhase.New)
        {
            return;
        }

        sequence.IsCancelled = true;
        if (sequence.Phase == SequencePhase.Waiting)
        {
            _waiting.Remove(sequence);
            End(sequence, SequencePhase.Cancelled, events);
        }
        else if (!_isStepping)
        {
            RemoveCancelled(events);
        }
    }

    /// <summary>The KV of a sequence has come: it computes the prompt's last token, and decodes.</summary>
    public void Loaded(SimSequence sequence)
    {
        if (sequence.Phase == SequencePhase.Loading)
        {
            if (sequence.LoadsKv)
            {
                Counters.TransferredTokens += sequence.Prompt.Length - 1 - sequence.Computed;
            }

            SetComputed(sequence, sequence.Prompt.Length - 1);
            sequence.Phase = SequencePhase.Prefilling;
        }
    }

    /// <summary>The KV of a sequence will not come: it fails, or computes all of its prompt itself.</summary>
    public void LoadFailed(SimSequence sequence, bool recompute, List<EngineEvent> events)
    {
        if (sequence.Phase != SequencePhase.Loading)
        {
            return;
        }

        if (recompute)
        {
            sequence.Phase = SequencePhase.Prefilling;
            return;
        }

        _running.Remove(sequence);
        End(sequence, SequencePhase.Failed, events);
    }

    /// <summary>Does everything that is due by now, in order.</summary>
    /// <returns>When the next thing is due; null where there is nothing to wait for.</returns>
    public Monotonic? Advance(Monotonic now, List<EngineEvent> events)
    {
        var at = now;
        while (!IsHalted)
        {
            if (_isStepping)
            {
                if (_stepEnd > now)
                {
                    return _stepEnd;
                }

                at = _stepEnd;
                CompleteStep(events);
            }

            RemoveCancelled(events);
            Cache.Leases.Expire(at);
            if (BeginStep(at, events))
            {
                continue;
            }

            var next = NextWhenIdle();
            if (next is null || next > now)
            {
                return next;
            }

            at = Monotonic.Max(at, next.Value);
        }

        return null;
    }

    private bool TryRunAtOnce(SimSequence sequence, Monotonic now, List<EngineEvent> events)
    {
        if (_waiting.Count > 0 || _running.Count >= _limits.MaxRunning || !Cache.TryAllocate(sequence))
        {
            return false;
        }

        QueuedTokens -= sequence.Computed;
        SetComputed(sequence, sequence.Prompt.Length);
        sequence.LastTokenAt = now;
        sequence.Produced = sequence.Tokens;
        Counters.GeneratedTokens += sequence.Tokens;
        Complete(sequence, now, events);
        return true;
    }

    private bool BeginStep(Monotonic at, List<EngineEvent> events)
    {
        Admit(at);
        var inStep = 0;
        foreach (var sequence in _running)
        {
            if (sequence.Phase == SequencePhase.Loading && sequence.ReadyAt <= at)
            {
                FinishLoading(sequence, events);
            }

            sequence.IsDecodedInStep = sequence.Phase == SequencePhase.Decoding;
            inStep += sequence.IsDecodedInStep ? 1 : 0;
        }

        var budget = Math.Max(1, _timing.MaxStepTokens - inStep);
        var prefillTokens = 0;
        foreach (var sequence in _running)
        {
            sequence.InStep = 0;
            if (sequence.Phase == SequencePhase.Prefilling && prefillTokens < budget)
            {
                sequence.InStep = Math.Min(sequence.Prompt.Length - sequence.Computed, budget - prefillTokens);
                prefillTokens += sequence.InStep;
                inStep++;
            }
        }

        _isStepping = inStep > 0;
        _stepEnd = at + _timing.StepTime(inStep, prefillTokens, Slowness);
        return _isStepping;
    }

    private void Admit(Monotonic at)
    {
        // As in vLLM, a sequence leaves the queue when the step has tokens left for it: what those before it compute is in the
        // cache by then.
        var left = (long)_timing.MaxStepTokens;
        foreach (var sequence in _running)
        {
            left -= sequence.Phase switch
            {
                SequencePhase.Prefilling => sequence.Prompt.Length - sequence.Computed,
                SequencePhase.Decoding => 1,
                _ => 0,
            };
        }

        while (_waiting.First is { } head && _running.Count < _limits.MaxRunning && (left > 0 || !Computes(head.Value)) && Cache.TryAllocate(head.Value))
        {
            var sequence = head.Value;
            left -= Computes(sequence) ? sequence.Prompt.Length - sequence.Computed : 0;
            _waiting.RemoveFirst();
            _running.Add(sequence);
            QueuedTokens -= sequence.Computed;
            sequence.Phase = SequencePhase.Prefilling;
            if (sequence.LoadsKv)
            {
                sequence.Phase = SequencePhase.Loading;
                sequence.ReadyAt = at + _timing.TransferTime(sequence.Prompt.Length - sequence.Computed, Slowness);
            }
            else if (_timing.FixedTtft is { } ttft)
            {
                // The step that makes the first token is part of it.
                sequence.Phase = SequencePhase.Loading;
                sequence.ReadyAt = Monotonic.Max(at, at + (ttft * Slowness) - _timing.StepTime(1, 1, Slowness));
            }
        }
    }

    /// <summary>Whether its prompt takes a part of the steps: not where its KV comes from elsewhere, or its time is fixed.</summary>
    private bool Computes(SimSequence sequence) => !sequence.LoadsKv && _timing.FixedTtft is null;

    private void FinishLoading(SimSequence sequence, List<EngineEvent> events)
    {
        if (!sequence.LoadsKv)
        {
            Loaded(sequence);
        }
        else if (!sequence.IsLoadTold)
        {
            sequence.IsLoadTold = true;
            events.Add(new EngineEvent(EngineEventKind.LoadDue, sequence));
        }
    }

    private void CompleteStep(List<EngineEvent> events)
    {
        _isStepping = false;
        for (var i = 0; i < _running.Count; i++)
        {
            var sequence = _running[i];
            if (sequence.IsCancelled)
            {
                continue;
            }

            if (sequence.InStep > 0)
            {
                SetComputed(sequence, sequence.Computed + sequence.InStep);
                sequence.InStep = 0;
                if (sequence.Computed < sequence.Prompt.Length)
                {
                    continue;
                }

                sequence.Phase = SequencePhase.Decoding;
            }
            else if (!sequence.IsDecodedInStep)
            {
                continue;
            }

            Produce(sequence, events);
            if (sequence.Produced == sequence.Tokens)
            {
                _running.RemoveAt(i--);
                Complete(sequence, _stepEnd, events);
            }
        }
    }

    private void Produce(SimSequence sequence, List<EngineEvent> events)
    {
        // The KV of a token is there when the next one is computed from it.
        Cache.NameFullBlocks(sequence, sequence.Prompt.Length + sequence.Produced);
        var isFirst = sequence.Produced == 0;
        var elapsed = _stepEnd - (isFirst ? sequence.SubmittedAt : sequence.LastTokenAt);
        sequence.LastTokenAt = _stepEnd;
        sequence.Produced++;
        Counters.GeneratedTokens++;
        Cache.Grow(sequence);
        events.Add(new EngineEvent(isFirst ? EngineEventKind.FirstToken : EngineEventKind.Token, sequence, elapsed));
    }

    private void Complete(SimSequence sequence, Monotonic at, List<EngineEvent> events)
    {
        if (sequence.HoldsKv)
        {
            Cache.Hold(sequence, at);
        }

        End(sequence, SequencePhase.Completed, events);
    }

    private void RemoveCancelled(List<EngineEvent> events)
    {
        for (var i = _running.Count - 1; i >= 0; i--)
        {
            if (_running[i] is { IsCancelled: true } sequence)
            {
                _running.RemoveAt(i);
                End(sequence, SequencePhase.Cancelled, events);
            }
        }
    }

    private void End(SimSequence sequence, SequencePhase how, List<EngineEvent> events)
    {
        QueuedTokens -= sequence.Prompt.Length - sequence.Computed;
        Cache.Free(sequence);
        switch (how)
        {
            case SequencePhase.Completed:
                Counters.Completed++;
                break;
            case SequencePhase.Cancelled:
                Counters.Cancelled++;
                break;
            default:
                Counters.Failed++;
                break;
        }

        sequence.Phase = how;
        events.Add(new EngineEvent(EngineEventKind.Over, sequence));
    }

    private void SetComputed(SimSequence sequence, int tokens)
    {
        // Blocks of which a part was found in the cache count from there.
        if (tokens > sequence.Computed)
        {
            QueuedTokens -= tokens - sequence.Computed;
            sequence.Computed = tokens;
            Cache.NameFullBlocks(sequence, tokens);
        }
    }

    private Monotonic? NextWhenIdle()
    {
        var next = Cache.Leases.NextExpiry();
        foreach (var sequence in _running)
        {
            if (sequence is { Phase: SequencePhase.Loading, IsLoadTold: false })
            {
                next = next is { } at ? Monotonic.Min(at, sequence.ReadyAt) : sequence.ReadyAt;
            }
        }

        return next;
    }
}
