namespace Krewe.Fleet.Local;

internal sealed class ThreadPoolTurnScheduler : ITurnScheduler
{
    public void Queue(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
}
