namespace Krewe.Fleet.Ports;

/// <summary>A one-shot timer of an actor; scheduling it again moves it.</summary>
public interface ITurnTimer : IDisposable
{
    void Schedule(TimeSpan due);

    void Cancel();
}
