namespace Krewe.Fleet.Local;

/// <summary>Where the local host runs turns that no caller's thread can run: the thread pool, or a simulator's single thread.</summary>
public interface ITurnScheduler
{
    void Queue(IThreadPoolWorkItem work);
}
