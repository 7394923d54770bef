using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;

namespace Krewe.Simulation.Bugs;

/// <summary><see cref="SeededBug.OldRegistrationWins"/>: whoever is refused takes the name all the same, as one that was never seen.</summary>
internal sealed class OldRegistrationWins(IInstanceRef inner) : InstanceDecorator(inner)
{
    private int _taken;

    public override ValueTask<RegisterReply> RegisterAsync(Registration registration)
    {
        var call = Inner.RegisterAsync(registration);
        if (!call.IsCompletedSuccessfully || call.Result.Verdict is not (InstanceVerdict.NameInUse or InstanceVerdict.StaleIncarnation))
        {
            return call;
        }

        _ = Inner.AdministerAsync(new AdminCommand(AdminAction.Drain)).AsTask();
        var (name, number) = (registration.Incarnation.Value.Split('.')[0], registration.Incarnation.Value.Split('.')[^1]);
        return Inner.RegisterAsync(registration with { Incarnation = new IncarnationId($"{name}.again{++_taken}.{number}") });
    }
}
