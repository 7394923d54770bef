using Krewe.Fleet.Local;

namespace Krewe.Fleet.Tests;

/// <summary>Keeps the turns until the test runs them, on the test's own thread.</summary>
internal sealed class ManualScheduler : ITurnScheduler
{
    private readonly Lock _gate = new();
    private readonly Queue<IThreadPoolWorkItem> _waiting = new();

    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    public void Queue(IThreadPoolWorkItem work)
    {
        lock (_gate)
        {
            _waiting.Enqueue(work);
        }
    }

    public void RunAll()
    {
        while (true)
        {
            IThreadPoolWorkItem? next;
            lock (_gate)
            {
                if (!_waiting.TryDequeue(out next))
                {
                    return;
                }
            }

            next.Execute();
        }
    }
}
