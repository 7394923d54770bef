using Krewe.Core.Identity;
using Krewe.Fleet.Instances;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Bugs;

/// <summary><see cref="SeededBug.NeverAges"/>: whoever was heard once is renewed by a thread of its own, whether its engine works or not.</summary>
internal sealed class NeverAges(InstanceId id, IInstanceRef inner, SimSilo silo) : InstanceDecorator(inner)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private long _sequence;
    private IncarnationId? _renewed;

    public override ValueTask<HeartbeatReply> HeartbeatAsync(HeartbeatCommand command)
    {
        if (_renewed != command.Incarnation && silo.Watch.View(id)?.Registration.Incarnation == command.Incarnation)
        {
            _renewed = command.Incarnation;
            Renew(command);
        }

        // One numbering for both.
        return Inner.HeartbeatAsync(command with { Sequence = ++_sequence });
    }

    private void Renew(HeartbeatCommand first) => silo.After(Interval, () =>
    {
        if (_renewed == first.Incarnation)
        {
            _ = Inner.HeartbeatAsync(first with { Sequence = ++_sequence, EngineSeen = TimeSpan.Zero }).AsTask();
            Renew(first);
        }
    });
}
