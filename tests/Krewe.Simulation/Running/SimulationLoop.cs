using Krewe.Core.Randomness;
using Krewe.Fleet.Local;

namespace Krewe.Simulation.Running;

/// <summary>
/// The one thread of a simulation. Turns of actors and continuations of everything else land here; what is ready at one
/// moment runs in an order that the seed chooses, as a thread pool would choose any.
/// </summary>
internal sealed class SimulationLoop(SimulationClock clock, IRandomSource random) : SynchronizationContext, ITurnScheduler
{
    private readonly List<(SendOrPostCallback? Callback, object? State)> _ready = [];

    /// <summary>Pieces of work done.</summary>
    public long Steps { get; private set; }

    public void Queue(IThreadPoolWorkItem work) => Add(null, work);

    public override void Post(SendOrPostCallback d, object? state) => Add(d, state);

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing waits for the one thread on itself.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs until nothing is left or it is over.</summary>
    /// <param name="onSettled">Called whenever all that was ready has run, before time moves on.</param>
    /// <param name="isOver">Whether to end.</param>
    public void Run(Action onSettled, Func<bool> isOver)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            while (!isOver())
            {
                Steps++;
                if (_ready.Count > 0)
                {
                    RunOne();
                    continue;
                }

                onSettled();
                if (!clock.FireNext())
                {
                    return;
                }
            }
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    private void RunOne()
    {
        var chosen = _ready.Count == 1 ? 0 : random.Next(_ready.Count);
        var (callback, state) = _ready[chosen];
        _ready[chosen] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        if (callback is null)
        {
            ((IThreadPoolWorkItem)state!).Execute();
        }
        else
        {
            callback(state);
        }
    }

    private void Add(SendOrPostCallback? callback, object? state)
    {
        clock.CheckThread();
        if (clock.Escape is null)
        {
            _ready.Add((callback, state));
        }
    }
}
