using Krewe.Core.Bypass;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Routing;
using Krewe.Fleet.Instances;

namespace Krewe.Fleet.Requests;

/// <content>Where an instance's actor does not answer, the request does without it.</content>
public sealed partial class RequestActor
{
    /// <summary>Books the half by what this silo knows, where the rule allows; else the request looks elsewhere. False where the actor was not asked, and answers by now.</summary>
    private bool TryBypass(InstanceView view, Held wanted, EpochLostSignal signal, BypassCause cause, out Held? held)
    {
        held = null;
        switch (_services.Reach.TryTake(view, wanted.Leg, wanted.Tokens, cause, _services.Reservations.CountOf(view.Id, view.Epoch)))
        {
            case null:
                return false;
            case BypassVerdict.Bound:
                held = wanted with { Bypass = cause };
                Book(held, signal);
                return true;
            default:
                if (cause != BypassCause.Unreached)
                {
                    GiveUp(wanted);
                }

                return true;
        }
    }

    /// <summary>Whether it was reserved is not known: the release leaves a tombstone either way.</summary>
    private void GiveUp(Held wanted)
    {
        var release = new ReleaseCommand(wanted.Leg, wanted.Binding.Epoch, AttemptVerdict.Cancelled, ConnectionFailed: false);
        _services.Reach.GivenBack(wanted.Binding.Instance, release, null);
        Tell(wanted.Binding.Instance, release);
    }

    /// <summary>What comes after the time for it still tells the truth; and an error that nobody waits for is nobody's.</summary>
    private async Task TakeLateAsync(Task<BindReply> call)
    {
        try
        {
            if ((await call).View is { } truth)
            {
                _services.View.Apply(truth);
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Who does not answer is asked again beside requests.
        }
    }
}
