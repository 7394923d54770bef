using Krewe.Fleet.Instances;

namespace Krewe.Simulation.Bugs;

/// <summary><see cref="SeededBug.CountersByName"/>: what the answers tell is a counter of the name, that every release lowers.</summary>
internal sealed class CountersByName(IInstanceRef inner) : InstanceDecorator(inner)
{
    private int _count;

    public override async ValueTask<BindReply> BindAsync(BindCommand command)
    {
        var reply = await Inner.BindAsync(command);
        if (reply.Outcome == BindOutcome.Bound)
        {
            _count++;
        }

        return reply.View is { } view ? reply with { View = view with { Load = view.Load with { ReservedRequests = _count } } } : reply;
    }

    public override ValueTask ReleaseAsync(ReleaseCommand command)
    {
        _count--;
        return Inner.ReleaseAsync(command);
    }
}
