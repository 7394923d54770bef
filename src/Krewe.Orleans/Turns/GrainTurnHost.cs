using Krewe.Fleet.Ports;

namespace Krewe.Orleans.Turns;

/// <summary>What a grain offers the actor that it hosts. Orleans runs the grain's code, and what follows an await in it, one turn at a time.</summary>
internal sealed class GrainTurnHost(IGrainBase grain, TimeProvider time) : ITurnHost
{
    public TimeProvider Time => time;

    public ITurnTimer CreateTimer(Action onFire) => new GrainTurnTimer(grain, time, onFire);
}
