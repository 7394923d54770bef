using Krewe.Core.Instances;
using Krewe.Simulation.Running;

namespace Krewe.Simulation.Checks;

/// <summary>Once all is healed every instance that lives is schedulable again (L4); once the load is over nothing is left of it (S10).</summary>
internal sealed class SettledCheck
{
    private static readonly TimeSpan HealsWithin = TimeSpan.FromSeconds(7);

    // A release that was lost is made good by expiry.
    private static readonly TimeSpan RestsAfter = TimeSpan.FromSeconds(9);

    private readonly World _world;
    private readonly TimeSpan _lastRequestAt;

    public SettledCheck(World world)
    {
        _world = world;
        _lastRequestAt = world.Scenario.Requests.Select(request => request.At).DefaultIfEmpty(world.Scenario.HealAt + HealsWithin).Max();
        world.Clock.After(world.Scenario.HealAt + HealsWithin, CheckHealed);
    }

    public bool IsOver =>
        _world.Clock.Elapsed > _lastRequestAt + RestsAfter && _world.Requests.Open == 0 && _world.Clock.Elapsed > _world.Requests.LastEnd + RestsAfter;

    public void CheckAtRest()
    {
        var findings = _world.Findings;
        if (_world.Silo is not { } silo)
        {
            findings.Report("it comes to rest", "there is no silo");
            return;
        }

        foreach (var view in silo.Watch.Views)
        {
            if (!silo.HadTwin)
            {
                // A twin may have written last; who has nothing to write does not look.
                _world.Stored.CheckAtRest(view);
            }

            findings.Require(
                view.Load is { ReservedRequests: 0, ReservedTokens: 0 }, "S10 nothing is left when the load is over", () => $"{view.Id.Name} still holds {view.Load}");
        }

        findings.Require(silo.IsLooping, "it comes to rest", () => "the silo's loops have ended");
        var slot = silo.Watch.Slot;
        findings.Require(silo.Services.Reservations.Count == 0, "S10 nothing is left when the load is over", () => $"the silo still holds {silo.Services.Reservations.Count} reservations");
        findings.Require(
            silo.Services.Reach is { IsEmpty: true, Untaken: 0 }, "S10 nothing is left when the load is over", () => $"{silo.Services.Reach.Unreached} actors do not answer, {silo.Services.Reach.Untaken} reservations were not taken over");
        findings.Require(silo.RequestCount == 0, "S10 nothing is left when the load is over", () => $"{silo.RequestCount} requests have an actor still");
        findings.Require(
            slot is null || (slot.Admission.Waiting == 0 && slot.Budget is { RequestsInFlight: 0, RetriesInFlight: 0 }),
            "S10 nothing is left when the load is over",
            () => $"{slot!.Admission.Waiting} wait, {slot.Budget.RequestsInFlight} and {slot.Budget.RetriesInFlight} are in the retry budget");
        foreach (var engine in _world.Engines.All)
        {
            findings.Require(engine.IsDead || engine.Running == 0, "L7 engines stop what nobody waits for", () => $"{engine.Incarnation} still runs {engine.Running} requests");
        }
    }

    private void CheckHealed()
    {
        if (_world.Silo is not { } silo)
        {
            return;
        }

        foreach (var instance in _world.Scenario.Instances)
        {
            var living = _world.Agents.LastOrDefault(agent => agent.Engine.Name == instance.Name && !agent.IsGone && !agent.Engine.IsDead);
            if (living is null)
            {
                continue;
            }

            var view = silo.Watch.View(instance.Name);
            _world.Findings.Require(
                view is { Liveness: Liveness.Active, Admin: AdminState.Open } && view.Registration.Incarnation == living.Registration.Incarnation,
                "L4 who is healed is schedulable again",
                () => $"{living.Registration.Incarnation} lives, and {instance.Name} is {view?.Registration.Incarnation} {view?.Liveness}/{view?.Admin}");
        }
    }
}
