using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Randomness;
using Krewe.Simulation.Checks;
using Krewe.Simulation.Network;
using Krewe.Simulation.Plans;
using Krewe.Simulation.Running;

namespace Krewe.Simulation.Engines;

/// <summary>All engine processes, by the address they listen at.</summary>
internal sealed class EngineFleet(SimulationClock clock, IRandomSource random, SimNetwork network, Scenario scenario, DispatchCheck dispatches)
{
    // As the product's.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Uri, EngineProcess> _listening = [];
    private readonly Dictionary<string, SimNode> _nodes = [];
    private readonly Dictionary<ulong, EngineProcess> _kv = [];
    private readonly List<EngineProcess> _all = [];
    private ulong _handles;

    public bool DecodeRecomputes => scenario.DecodeRecomputes;

    public IReadOnlyList<EngineProcess> All => _all;

    public static string NameAt(Uri url) => url.Host.Split('.')[0];

    public SimNode Node(string name)
    {
        if (!_nodes.TryGetValue(name, out var node))
        {
            _nodes.Add(name, node = new SimNode(name));
        }

        return node;
    }

    /// <summary>A process starts. Who listened at its address before is gone.</summary>
    public EngineProcess Start(string name, Uri url, InstanceRole role)
    {
        var process = new EngineProcess(clock, random, this, name, $"{name}.{_all.Count + 1}", url, role);
        _all.Add(process);
        _listening[url] = process;
        return process;
    }

    /// <summary>Whoever listens there; null where nobody does.</summary>
    public EngineProcess? At(Uri url) => _listening.TryGetValue(url, out var process) && !process.IsDead ? process : null;

    /// <summary>The process of an incarnation; null where none has that name.</summary>
    public EngineProcess? Find(IncarnationId incarnation) => _all.Find(process => process.Incarnation == incarnation.Value);

    /// <summary>A gateway calls an engine.</summary>
    public EngineConnection Call(string name, Uri url, Dispatch dispatch, Action<EngineMessage> onMessage)
    {
        var node = Node(name);
        var connection = new EngineConnection(network, node, dispatch, onMessage);
        var cutUntil = node.CutToUntil > node.CutFromUntil ? node.CutToUntil : node.CutFromUntil;
        if (cutUntil - clock.Elapsed > ConnectTimeout)
        {
            // No handshake in time: the engine never hears of it.
            clock.After(ConnectTimeout, () => connection.Fail(new EngineMessage(EngineMessageKind.NoConnection, dispatch.Attempt, "")));
            return connection;
        }

        network.OnConnection(node.CutToUntil, () =>
        {
            if (connection.IsClosed)
            {
                return;
            }

            if (At(url) is { } process)
            {
                process.Accept(connection);
            }
            else
            {
                connection.Send(new EngineMessage(EngineMessageKind.Refused, dispatch.Attempt, ""));
            }
        });
        return connection;
    }

    public ulong Handle(EngineProcess process, ulong number)
    {
        var handle = ++_handles + (number << 32);
        _kv[handle] = process;
        return handle;
    }

    public bool TakeKv(ulong handle) => _kv.Remove(handle, out var process) && process.TakeKv(handle);

    public void OnBegun(EngineProcess process, Dispatch dispatch) => dispatches.OnBegun(process, dispatch);

    /// <summary>A health probe: it takes the network's time both ways, and is answered by a process that runs.</summary>
    public Task<ProbeResult> ProbeAsync(Uri url, TimeSpan timeout)
    {
        var answer = new TaskCompletionSource<ProbeResult>();
        var node = Node(NameAt(url));
        clock.After(timeout, () => answer.TrySetResult(ProbeResult.TimedOut));
        network.OnConnection(node.CutToUntil, () =>
        {
            var process = At(url);
            if (process is { IsStopped: true })
            {
                return;
            }

            var result = process is null ? ProbeResult.Refused : ProbeResult.Ok;
            network.OnConnection(node.CutFromUntil, () => answer.TrySetResult(result));
        });
        return answer.Task;
    }
}
