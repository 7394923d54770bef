using Krewe.Core.Routing;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Reservations;

/// <summary>
/// Asks the actors that did not answer, by telling them what this silo holds there: one that answers has taken it over, each
/// reservation in the epoch that it was taken from. What was given back meanwhile is given back again: a release that has
/// been heard changes nothing.
/// </summary>
internal sealed class ReachProber(FleetServices fleet, IActors actors)
{
    /// <summary>One round. Waits for nobody; who is being asked is not asked again.</summary>
    public void Look()
    {
        if (fleet.Reach.IsEmpty)
        {
            return;
        }

        foreach (var (word, releases) in fleet.Reach.ToAsk())
        {
            _ = AskAsync(word, releases);
        }
    }

    private async Task AskAsync(InstanceView word, ReleaseCommand[] releases)
    {
        var told = 0;
        try
        {
            var instance = actors.Instance(word.Id);
            var held = fleet.Reservations.ByInstance().Where(group => group.Key.Instance == word.Id).ToList();
            foreach (var group in held)
            {
                await AssertAsync(instance, new AssertCommand(fleet.Silo, group.Key.Epoch, [.. group.Select(one => new HeldLeg(one.Leg, one.Tokens))]));
            }

            if (held.Count == 0)
            {
                await AssertAsync(instance, new AssertCommand(fleet.Silo, word.Epoch, []));
            }

            foreach (var release in releases)
            {
                await instance.ReleaseAsync(release).AsTask().InTurn().WaitAsync(fleet.Options.BindTimeout, fleet.Time);
                told++;
            }

            fleet.Reach.Answered(word.Id, held.SelectMany(group => group.Select(one => one.Leg)), told);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            fleet.Reach.NotAnswered(word.Id, told);
        }
    }

    private Task AssertAsync(IInstanceRef instance, AssertCommand command) =>
        instance.AssertAsync(command).AsTask().InTurn().WaitAsync(fleet.Options.BindTimeout, fleet.Time);
}
