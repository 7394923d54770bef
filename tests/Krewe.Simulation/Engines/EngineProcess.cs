using Krewe.Core.Instances;
using Krewe.Core.Randomness;
using Krewe.Simulation.Running;

namespace Krewe.Simulation.Engines;

/// <summary>One process of an engine: serves what it is sent, a token at a time, until it is told to stop, or killed.</summary>
internal sealed class EngineProcess(SimulationClock clock, IRandomSource random, EngineFleet fleet, string name, string incarnation, Uri url, InstanceRole role)
{
    private static readonly TimeSpan HoldsKvFor = TimeSpan.FromSeconds(10);

    private readonly HashSet<EngineConnection> _serving = [];
    private readonly Dictionary<ulong, TimeSpan> _kv = [];
    private readonly List<Action> _frozen = [];
    private ulong _lastHandle;

    public string Name => name;

    public string Incarnation => incarnation;

    public Uri Url => url;

    public InstanceRole Role => role;

    public bool IsDead { get; private set; }

    public TimeSpan DiedAt { get; private set; }

    public bool IsStopped { get; private set; }

    public bool IsRunning => !IsDead && !IsStopped;

    /// <summary>How many times longer everything takes.</summary>
    public double Slowness { get; set; } = 1;

    public TimeSpan LiesUntil { get; set; }

    public TimeSpan RejectsUntil { get; set; }

    public TimeSpan FailsUntil { get; set; }

    public TimeSpan GarblesUntil { get; set; }

    public TimeSpan LosesKvUntil { get; set; }

    /// <summary>Requests in it.</summary>
    public int Running => _serving.Count;

    public void Kill()
    {
        DiedAt = IsDead ? DiedAt : clock.Elapsed;
        IsDead = true;
        foreach (var connection in _serving)
        {
            connection.Send(new EngineMessage(EngineMessageKind.Reset, connection.Dispatch.Attempt, incarnation));
        }

        _serving.Clear();
        _kv.Clear();
        _frozen.Clear();
    }

    public void Stop() => IsStopped = true;

    public void Continue()
    {
        if (IsStopped)
        {
            IsStopped = false;
            var waiting = _frozen.ToArray();
            _frozen.Clear();
            foreach (var next in waiting)
            {
                When(next);
            }
        }
    }

    /// <summary>A call arrives.</summary>
    public void Accept(EngineConnection connection)
    {
        if (IsDead)
        {
            connection.Send(new EngineMessage(EngineMessageKind.Refused, connection.Dispatch.Attempt, incarnation));
            return;
        }

        _serving.Add(connection);
        When(() => Begin(connection));
    }

    /// <summary>Hands over what a prefill left here.</summary>
    public bool TakeKv(ulong handle) => IsRunning && _kv.Remove(handle, out var until) && until > clock.Elapsed && clock.Elapsed >= LosesKvUntil;

    private void Begin(EngineConnection connection)
    {
        fleet.OnBegun(this, connection.Dispatch);
        if (clock.Elapsed < RejectsUntil)
        {
            Refuse(connection, 503);
        }
        else if (clock.Elapsed < FailsUntil)
        {
            Refuse(connection, 500);
        }
        else if (connection.Dispatch.IsUnfit)
        {
            Refuse(connection, 400);
        }
        else if (connection.Dispatch.Kind == DispatchKind.Decode && connection.Dispatch.Handle != 0)
        {
            Later(Milliseconds(5, 20), connection, Transfer);
        }
        else
        {
            Prefill(connection);
        }
    }

    private void Transfer(EngineConnection connection)
    {
        if (fleet.TakeKv(connection.Dispatch.Handle))
        {
            Generate(connection, connection.Dispatch.From);
        }
        else if (fleet.DecodeRecomputes)
        {
            Prefill(connection);
        }
        else
        {
            Say(connection, EngineMessageKind.TransferFailed, 0, 0);
            _serving.Remove(connection);
        }
    }

    private void Prefill(EngineConnection connection) =>
        Later(TimeSpan.FromMilliseconds(2 + connection.Dispatch.PromptTokens * 0.3), connection, self =>
        {
            if (self.Dispatch.Kind != DispatchKind.Prefill)
            {
                Generate(self, self.Dispatch.From);
                return;
            }

            var handle = fleet.Handle(this, ++_lastHandle);
            _kv[handle] = clock.Elapsed + HoldsKvFor;
            Say(self, EngineMessageKind.PrefillDone, 0, handle);
            _serving.Remove(self);
        });

    private void Generate(EngineConnection connection, int index)
    {
        if (clock.Elapsed < LiesUntil)
        {
            // Alive, and never a token: until somebody gives up on it.
            Later(TimeSpan.FromMilliseconds(200), connection, self => Generate(self, index));
            return;
        }

        if (clock.Elapsed < GarblesUntil)
        {
            Say(connection, EngineMessageKind.Garbage, 0, 0);
            _serving.Remove(connection);
            return;
        }

        if (index >= connection.Dispatch.Until)
        {
            Say(connection, EngineMessageKind.Finished, index - connection.Dispatch.From, 0);
            _serving.Remove(connection);
            return;
        }

        Say(connection, EngineMessageKind.Token, index, SimTokens.At(connection.Dispatch.Seed, index));
        Later(Milliseconds(8, 30), connection, self => Generate(self, index + 1));
    }

    private void Refuse(EngineConnection connection, int status)
    {
        Say(connection, EngineMessageKind.Status, status, 0);
        _serving.Remove(connection);
    }

    private void Say(EngineConnection connection, EngineMessageKind kind, int index, ulong value) =>
        connection.Send(new EngineMessage(kind, connection.Dispatch.Attempt, incarnation, index, value));

    private void Later(TimeSpan delay, EngineConnection connection, Action<EngineConnection> next) =>
        clock.After(delay * Slowness, () => When(() =>
        {
            if (connection.IsAborted)
            {
                _serving.Remove(connection);
            }
            else
            {
                next(connection);
            }
        }));

    /// <summary>Now, or when the process goes on; never once it is dead.</summary>
    private void When(Action next)
    {
        if (IsStopped)
        {
            _frozen.Add(next);
        }
        else if (!IsDead)
        {
            next();
        }
    }

    private TimeSpan Milliseconds(double least, double most) => TimeSpan.FromMilliseconds(least + ((most - least) * random.NextDouble()));
}
