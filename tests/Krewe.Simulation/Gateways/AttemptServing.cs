using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Requests;
using Krewe.Simulation.Bugs;
using Krewe.Simulation.Checks;
using Krewe.Simulation.Engines;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Gateways;

/// <summary>One attempt on its binding: the prefill leg where there is one, then the leg that answers the client.</summary>
internal sealed class AttemptServing(SimSilo silo, EngineFleet engines, DispatchCheck dispatches, SimCall call, RequestStep step, SeededBug bug)
{
    // Of a seeded bug: how far tokens lie behind the end.
    private static readonly TimeSpan WriterLag = TimeSpan.FromMilliseconds(5);

    private readonly Binding _binding = step.Binding!;
    private readonly AttemptInbox _inbox = new();
    private readonly List<ulong> _whole = [];
    private EngineConnection? _connection;
    private bool _isFirstTold;

    public async Task<AttemptResult> RunAsync()
    {
        var forgets = bug == SeededBug.OtherPhaseForgotten;
        using var watch = new AttemptWatch(
            silo.Clock,
            _inbox,
            forgets ? null : Deadline.In(call.DeadlineAt - silo.Now, silo.Clock.GetMonotonic()),
            forgets ? null : silo.Idle)
        {
            Pulse = step.Pulse,
        };
        if (bug != SeededBug.LeavingUnnoticed)
        {
            watch.On(AttemptStop.ClientGone, call.ClientGone.Token);
        }

        if (!forgets || _binding.IsDisaggregated)
        {
            watch.On(AttemptStop.EpochLost, step.EpochLost);
        }

        if (call.IsContinued && call.Plan.TemplateFails)
        {
            return new AttemptResult(AttemptCause.NotContinued, _binding.DecodeLeg);
        }

        silo.OnKilled += Close;
        try
        {
            ulong handle = 0;
            if (_binding.IsDisaggregated)
            {
                var (failed, kv) = await PrefillAsync();
                if (failed is { } result)
                {
                    return result;
                }

                await silo.Request(call.Id).PrefillDoneAsync(step.Attempt.Number);
                handle = kv;
            }

            return await AnswerAsync(watch, handle);
        }
        finally
        {
            Close();
            silo.OnKilled -= Close;
        }
    }

    private async Task<(AttemptResult? Failed, ulong Handle)> PrefillAsync()
    {
        if (!Dispatch(_binding.Prefill, DispatchKind.Prefill, 0))
        {
            return (new AttemptResult(AttemptCause.DeadlineExceeded, LegKind.Prefill), 0);
        }

        while (await _inbox.ReadAsync() is { } message)
        {
            if (message.Kind == EngineMessageKind.PrefillDone)
            {
                Close();
                return (null, message.Value);
            }

            return (new AttemptResult(CauseOf(message, answered: false), LegKind.Prefill), 0);
        }

        return (new AttemptResult(CauseOf(_inbox.Stopped), LegKind.Prefill), 0);
    }

    private async Task<AttemptResult> AnswerAsync(AttemptWatch watch, ulong handle)
    {
        var leg = _binding.DecodeLeg;
        if (!Dispatch(_binding.Decode, _binding.IsDisaggregated ? DispatchKind.Decode : DispatchKind.Whole, handle))
        {
            return new AttemptResult(AttemptCause.DeadlineExceeded, leg);
        }

        var answered = false;
        while (await _inbox.ReadAsync() is { } message)
        {
            switch (message.Kind)
            {
                case EngineMessageKind.Token:
                    answered = true;
                    if (call.Client.HasLeft && bug == SeededBug.LeavingUnnoticed)
                    {
                        return new AttemptResult(AttemptCause.ClientGone, leg);
                    }

                    if (call.Plan.Stream)
                    {
                        watch.Heard();
                    }

                    await TakeAsync(message);
                    break;
                case EngineMessageKind.Finished:
                    for (var i = 0; i < _whole.Count; i++)
                    {
                        call.Client.Receive(message, step.Attempt.Number, i, _whole[i]);
                    }

                    return new AttemptResult(AttemptCause.Completed, leg);
                default:
                    return new AttemptResult(CauseOf(message, answered), leg);
            }
        }

        return new AttemptResult(CauseOf(_inbox.Stopped), leg);
    }

    private async Task TakeAsync(EngineMessage token)
    {
        if (!call.Plan.Stream)
        {
            _whole.Add(token.Value);
            return;
        }

        if (bug == SeededBug.TokenAfterEnd)
        {
            // The writer is told, and nobody waits for it; tokens of a request that goes on are there in time.
            silo.After(WriterLag, () => call.Client.Receive(token, step.Attempt.Number, token.Index, token.Value));
        }
        else
        {
            call.Client.Receive(token, step.Attempt.Number, token.Index, token.Value);
        }

        if (!_isFirstTold)
        {
            _isFirstTold = true;
            await silo.Request(call.Id).FirstTokenAsync(step.Attempt.Number);
        }
    }

    private bool Dispatch(InstanceBinding on, DispatchKind kind, ulong handle)
    {
        if (silo.Now >= call.DeadlineAt)
        {
            return false;
        }

        dispatches.OnSent(step.Attempt, on, engines.Find(on.Incarnation), call.DeadlineAt);
        var from = call.Plan.Stream ? call.Client.Tokens : 0;
        if (bug == SeededBug.ContinuesLate && from > 0)
        {
            from++;
        }

        _connection = engines.Call(
            on.Instance.Name.Value,
            on.Url,
            new Dispatch(step.Attempt, kind, call.Seed, call.Plan.PromptTokens, from, call.Plan.OutputTokens, handle),
            message => silo.Deliver(() => _inbox.Post(message)));
        return true;
    }

    private void Close() => _connection?.Close();

    private static AttemptCause CauseOf(EngineMessage message, bool answered) => message.Kind switch
    {
        EngineMessageKind.Refused => AttemptCause.ConnectionRefused,
        EngineMessageKind.Reset => answered ? AttemptCause.StreamBroken : AttemptCause.ConnectionReset,
        EngineMessageKind.NoConnection => AttemptCause.ConnectTimeout,
        EngineMessageKind.TransferFailed => AttemptCause.TransferFailed,
        EngineMessageKind.Status when message.Index == 400 => AttemptCause.EngineRejected,
        EngineMessageKind.Status when message.Index == 503 => AttemptCause.EngineOverloaded,
        EngineMessageKind.Status => AttemptCause.EngineError,
        _ => AttemptCause.MalformedStream,
    };

    private static AttemptCause CauseOf(AttemptStop stop) => stop switch
    {
        AttemptStop.ClientGone => AttemptCause.ClientGone,
        AttemptStop.DeadlineExceeded => AttemptCause.DeadlineExceeded,
        AttemptStop.IdleTimeout => AttemptCause.IdleTimeout,
        AttemptStop.EpochLost => AttemptCause.EpochLost,
        _ => AttemptCause.InternalError,
    };
}
