using Krewe.Core.Feeds;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;
using Krewe.Core.Time;
using Krewe.EngineSim.Engine;

namespace Krewe.Bench.Replay;

/// <summary>
/// Plays a trace to a fleet in virtual time: routing, ledgers and prefix index are the product's, engines are the engine
/// simulator's core, silos know of each other what the feed's frames tell them.
/// </summary>
internal sealed class ReplayRun
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(500);

    private readonly IReadOnlyList<TraceRequest> _trace;
    private readonly ReplayOptions _options;
    private readonly IRoutingPolicy _policy;
    private readonly ReplayRandom _random;
    private readonly ReplaySilo[] _silos;
    private readonly SkewMeter? _skew;
    private readonly List<ReplayInstance> _instances = [];
    private readonly Dictionary<InstanceId, ReplayInstance> _byId;
    private readonly PriorityQueue<(What What, int Index), Monotonic> _agenda = new();
    private readonly Queue<ReplaySilo.Frame> _frames = new();
    private readonly Monotonic?[] _urgentAt;
    private readonly bool[] _urgentIsDue;
    private readonly List<EngineEvent> _events = [];
    private readonly ReplayTally _tally = new();
    private Monotonic _now;
    private int _open;

    public ReplayRun(IReadOnlyList<TraceRequest> trace, ReplayOptions options, IRoutingPolicy policy)
    {
        (_trace, _options, _policy) = (trace, options, policy);
        _random = new ReplayRandom(options.Seed);
        _silos = [.. Enumerable.Range(0, options.Silos).Select(_ => new ReplaySilo(policy, _random))];
        (_urgentAt, _urgentIsDue) = (new Monotonic?[options.Silos], new bool[options.Silos]);
        _skew = options.Silos > 1 ? new SkewMeter(policy, _random) : null;
        Add("p", InstanceRole.Prefill, options.Prefill);
        Add("d", InstanceRole.Decode, options.Decode);
        Add("m", InstanceRole.Mixed, options.Mixed);
        _byId = _instances.ToDictionary(instance => instance.Id);
    }

    private enum What
    {
        Arrival,
        Engine,
        Frame,
        UrgentFrame,
        Hear,
        Report,
    }

    public ReplayOutcome Run()
    {
        Begin();
        while (_agenda.TryDequeue(out var next, out var at))
        {
            _now = at;
            switch (next.What)
            {
                case What.Arrival:
                    Arrive(next.Index);
                    break;
                case What.Engine when _instances[next.Index].Due == at:
                    Advance(_instances[next.Index]);
                    break;
                case What.Frame:
                    SendFrame(next.Index);
                    Again(What.Frame, next.Index, _options.FrameInterval);
                    break;
                case What.UrgentFrame:
                    _urgentIsDue[next.Index] = false;
                    _urgentAt[next.Index] = SendFrame(next.Index) ? _now : _urgentAt[next.Index];
                    break;
                case What.Hear:
                    var frame = _frames.Dequeue();
                    Array.ForEach(_silos, silo => silo.Hear(frame));
                    break;
                case What.Report:
                    _instances[next.Index].Report(_now);
                    Publish(_instances[next.Index]);
                    Again(What.Report, next.Index, ReportInterval);
                    break;
                default:
                    break;
            }

            PaceFrames();
        }

        return _tally.Outcome(_policy.Name, _options, _instances, _silos, _skew, _now - Monotonic.Zero);
    }

    private void Add(string name, InstanceRole role, int count)
    {
        for (var i = 0; i < count; i++)
        {
            _instances.Add(new ReplayInstance($"{name}{i:D3}", role, _instances.Count % _options.Silos, _options));
        }
    }

    private void Begin()
    {
        foreach (var instance in _instances)
        {
            var view = instance.View(_now);
            Array.ForEach(_silos, silo => silo.Apply(view));
            _skew?.Publish(view);
        }

        _open = _trace.Count;
        _agenda.Enqueue((What.Arrival, 0), At(0));
        for (var i = 0; i < _silos.Length && _silos.Length > 1; i++)
        {
            _agenda.Enqueue((What.Frame, i), Monotonic.Zero + (_options.FrameInterval * (i + 1) / _silos.Length));
        }

        for (var i = 0; i < _instances.Count; i++)
        {
            _agenda.Enqueue((What.Report, i), Monotonic.Zero + (ReportInterval * (i + 1) / _instances.Count));
        }
    }

    private Monotonic At(int number) => Monotonic.Zero + (_trace[number].At / _options.Speed);

    private void Again(What what, int index, TimeSpan after)
    {
        if (_open > 0)
        {
            _agenda.Enqueue((what, index), _now + after);
        }
    }

    /// <summary>As the product's silos do: what others route by goes at once, with a pause.</summary>
    private void PaceFrames()
    {
        for (var i = 0; i < _silos.Length && _silos.Length > 1; i++)
        {
            if (_silos[i].IsUrgent && !_urgentIsDue[i])
            {
                _urgentIsDue[i] = true;
                var since = _urgentAt[i] is { } at ? _now - at : TimeSpan.MaxValue;
                var after = _options.SendsUrgently ? FramePace.UrgentIn(since, _silos.Length - 1, _options.FrameInterval) : _options.FrameInterval;
                _agenda.Enqueue((What.UrgentFrame, i), _now + after);
            }
        }
    }

    private bool SendFrame(int silo)
    {
        if (_silos[silo].TakeFrame() is not { } frame)
        {
            return false;
        }

        _frames.Enqueue(frame);
        _agenda.Enqueue((What.Hear, 0), _now + _options.FrameDelay);
        return true;
    }

    private void Arrive(int number)
    {
        if (number + 1 < _trace.Count)
        {
            _agenda.Enqueue((What.Arrival, number + 1), At(number + 1));
        }

        var silo = _silos[number % _silos.Length];
        var request = new ReplayRequest(number, _trace[number], _now, silo);
        if (silo.Waiting.Count > 0 || !TryBind(request))
        {
            _tally.Queued++;
            silo.Waiting.Enqueue(request);
        }
    }

    private bool TryBind(ReplayRequest request)
    {
        var excluded = new List<Exclusion>();
        var silo = request.Silo;
        while (true)
        {
            var query = new RouteQuery(_options.IsDisaggregated, request.Traced.InputTokens, null, excluded.ToArray(), null, request.Chain);
            _random.Begin(request.Number);
            var route = silo.Route(query);
            if (!route.IsFound)
            {
                return false;
            }

            if (excluded.Count == 0)
            {
                _skew?.Compare(request, query, route, silo);
            }

            (request.Prefill, request.Decode) = (_byId[route.Prefill!.Id], _byId[route.Decode!.Id]);
            if (Reserve(request, excluded.Count, out var full))
            {
                Learn(request, route.Prefill.Epoch);
                Submit(request, isPrefill: request.IsDisaggregated);
                return true;
            }

            excluded.Add(new Exclusion(full.Id));
        }
    }

    private bool Reserve(ReplayRequest request, int round, out ReplayInstance full)
    {
        var attempt = new AttemptId(new RequestId(0, (ulong)request.Number), 1);
        var (prefill, decode) = (request.Prefill!, request.Decode!);
        long tokens = request.Traced.InputTokens;
        request.PrefillLeg = new AttemptLeg(attempt, LegKind.Prefill, round);
        request.DecodeLeg = new AttemptLeg(attempt, request.IsDisaggregated ? LegKind.Decode : LegKind.Whole, round);
        full = decode;
        if (request.IsDisaggregated)
        {
            var left = _policy.UsesPrefixes
                ? request.Silo.State.Prefixes.UncachedTokens(prefill.Id, new Epoch(1), request.Chain, tokens)
                : tokens;
            var reserved = prefill.Reserve(request.PrefillLeg, left, _now) == ReserveOutcome.Reserved;
            Publish(prefill, request.Silo);
            if (!reserved)
            {
                full = prefill;
                return false;
            }
        }

        var isReserved = decode.Reserve(request.DecodeLeg, tokens, _now) == ReserveOutcome.Reserved;
        if (!isReserved && request.IsDisaggregated)
        {
            prefill.Release(request.PrefillLeg, _now);
            Publish(prefill, request.Silo);
        }

        Publish(decode, request.Silo);
        return isReserved;
    }

    private void Learn(ReplayRequest request, Epoch epoch)
    {
        var instance = request.Prefill!;
        var lesson = new PrefixLesson(instance.Id, epoch, request.Chain);
        request.Silo.Teach(lesson, instance.PrefixCapacity);
        _skew?.Learn(lesson, instance.PrefixCapacity);
    }

    private void Submit(ReplayRequest request, bool isPrefill)
    {
        var instance = isPrefill ? request.Prefill! : request.Decode!;
        var sequence = new SimSequence
        {
            Id = request.Number.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Prompt = request.Sequence?.Prompt ?? TracePrompt.Tokens(request.Traced, request.Number),
            Seed = (ulong)request.Number,
            Tokens = isPrefill ? 1 : request.Traced.OutputTokens,
            HoldsKv = isPrefill,
            LoadsKv = request.IsDisaggregated && !isPrefill,
            Owner = request,
        };
        request.Sequence = sequence;
        if (!instance.Engine.TrySubmit(sequence, _now, _events))
        {
            throw new InvalidOperationException($"{instance.Id} refused request {request.Number}.");
        }

        Advance(instance);
    }

    private void Advance(ReplayInstance instance)
    {
        var due = instance.Engine.Advance(_now, _events);
        while (_events.Count > 0)
        {
            var events = _events.ToArray();
            _events.Clear();
            foreach (var happened in events)
            {
                Handle(instance, happened);
            }

            due = instance.Engine.Advance(_now, _events);
        }

        if (due is { } at && instance.Due != at)
        {
            _agenda.Enqueue((What.Engine, _instances.IndexOf(instance)), at);
        }

        instance.Due = due;
    }

    private void Handle(ReplayInstance instance, EngineEvent happened)
    {
        var sequence = happened.Sequence;
        var request = (ReplayRequest)sequence.Owner!;
        switch (happened.Kind)
        {
            case EngineEventKind.LoadDue:
                instance.Engine.Loaded(sequence);
                request.Prefill!.Engine.Cache.Leases.Release(sequence.Id);
                break;
            case EngineEventKind.FirstToken or EngineEventKind.Token when !sequence.HoldsKv:
                _tally.OnToken(request, _now);
                break;
            case EngineEventKind.Over when sequence.HoldsKv:
                _tally.OnPrompt(request, instance, sequence.CachedTokens);
                instance.Release(request.PrefillLeg, _now);
                Publish(instance);
                Submit(request, isPrefill: false);
                break;
            case EngineEventKind.Over:
                if (!request.IsDisaggregated)
                {
                    _tally.OnPrompt(request, instance, sequence.CachedTokens);
                }

                _tally.OnEnd(request, _options);
                _open--;
                instance.Release(request.DecodeLeg, _now);
                Publish(instance);
                BindWaiting();
                break;
            default:
                break;
        }
    }

    private void BindWaiting()
    {
        foreach (var silo in _silos)
        {
            while (silo.Waiting.TryPeek(out var request) && TryBind(request))
            {
                silo.Waiting.Dequeue();
            }
        }
    }

    /// <summary>What its actor says of an instance: known on its own silo, and on the one whose call it answers, at once.</summary>
    private void Publish(ReplayInstance instance, ReplaySilo? asked = null)
    {
        var view = instance.View(_now);
        _silos[instance.Home].Publish(view);
        asked?.Apply(view);
        _skew?.Publish(view);
    }
}
