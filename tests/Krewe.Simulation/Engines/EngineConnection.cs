using Krewe.Simulation.Network;

namespace Krewe.Simulation.Engines;

/// <summary>One call of a gateway to an engine: what the engine says comes in order, and nothing after the gateway closed it.</summary>
internal sealed class EngineConnection(SimNetwork network, SimNode node, Dispatch dispatch, Action<EngineMessage> onMessage)
{
    private readonly Queue<EngineMessage> _underWay = new();
    private bool _isBroken;

    public Dispatch Dispatch => dispatch;

    /// <summary>The engine has heard that nobody listens.</summary>
    public bool IsAborted { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>The engine's side says something.</summary>
    public void Send(EngineMessage message)
    {
        if (_isBroken || IsAborted)
        {
            return;
        }

        _isBroken = message.Kind is EngineMessageKind.Reset or EngineMessageKind.Refused;
        _underWay.Enqueue(message);
        network.OnConnection(node.CutFromUntil, Arrive);
    }

    /// <summary>The gateway's own machine says something: nothing is under way.</summary>
    public void Fail(EngineMessage message)
    {
        if (!IsClosed)
        {
            onMessage(message);
        }
    }

    /// <summary>The gateway's side has enough.</summary>
    public void Close()
    {
        if (!IsClosed)
        {
            IsClosed = true;
            network.OnConnection(node.CutToUntil, () => IsAborted = true);
        }
    }

    // Messages overtake each other on the way; what comes first is what was sent first.
    private void Arrive()
    {
        var message = _underWay.Dequeue();
        if (!IsClosed)
        {
            onMessage(message);
        }
    }
}
