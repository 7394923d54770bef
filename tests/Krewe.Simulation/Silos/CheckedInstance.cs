using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
using Krewe.Fleet.Instances;

namespace Krewe.Simulation.Silos;

/// <summary>Sees every call to an instance as it arrives, and its answer; and that what another incarnation says changes nothing (S1).</summary>
internal sealed class CheckedInstance(InstanceId id, IInstanceRef actor, SimSilo silo, SiloParts parts) : IInstanceRef
{
    private readonly string _name = id.Name.Value;

    public async ValueTask<RegisterReply> RegisterAsync(Registration registration)
    {
        parts.Trace.Add("register", registration.Incarnation.Value);
        // Its answer comes when it is durable; that it was heard counts from now.
        var at = parts.Clock.Elapsed;
        silo.Evidence.MayBeSeen(_name);
        var reply = await actor.RegisterAsync(registration);
        parts.Seen.Add($"registration {reply.Verdict}");
        parts.Trace.Add("registered", registration.Incarnation.Value, (long)reply.Verdict, reply.Epoch.Value);
        if (reply.Verdict is InstanceVerdict.Accepted or InstanceVerdict.Renewed)
        {
            silo.Evidence.Renewed(_name, parts.Clock.Elapsed - at);
            silo.Watch.Fence.OnRegistered(_name, reply.Epoch, registration.Incarnation);
        }

        return reply;
    }

    public async ValueTask<HeartbeatReply> HeartbeatAsync(HeartbeatCommand command)
    {
        var before = silo.Watch.View(id);
        var call = actor.HeartbeatAsync(command);
        var isInOneTurn = call.IsCompleted;
        var after = silo.Watch.View(id);
        var reply = await call;
        parts.Trace.Add("heartbeat", command.Incarnation.Value, command.Sequence, (long)reply.Verdict);
        if (reply.Verdict == InstanceVerdict.Renewed)
        {
            silo.Evidence.Renewed(_name, command.EngineSeen);
            silo.Watch.Deaths.OnRenewed(_name, reply.Epoch);
        }
        else if (reply.Verdict == InstanceVerdict.Accepted)
        {
            silo.Evidence.Seen(_name);
        }

        if (isInOneTurn)
        {
            RequireFence("heartbeat", command.Incarnation, before, after, reply.Verdict);
        }

        return reply;
    }

    public async ValueTask<InstanceVerdict> DeleteAsync(IncarnationId incarnation)
    {
        var before = silo.Watch.View(id);
        var call = actor.DeleteAsync(incarnation);
        var isInOneTurn = call.IsCompleted;
        var after = silo.Watch.View(id);
        var verdict = await call;
        parts.Trace.Add("delete", incarnation.Value, (long)verdict);
        if (verdict == InstanceVerdict.Accepted)
        {
            silo.Watch.Binds.OnDeleted(_name);
        }

        if (isInOneTurn)
        {
            RequireFence("delete", incarnation, before, after, verdict);
        }

        return verdict;
    }

    public async ValueTask<InstanceVerdict> AdministerAsync(AdminCommand command)
    {
        var epoch = silo.Watch.View(id)?.Epoch ?? Epoch.None;
        silo.Watch.Admin.OnAsked(_name, epoch, command);
        var verdict = await actor.AdministerAsync(command);
        parts.Trace.Add("administer", _name, (long)command.Action, (long)verdict);
        if (verdict == InstanceVerdict.Accepted)
        {
            silo.Watch.Admin.OnAccepted(_name, epoch, command);
        }

        return verdict;
    }

    public async ValueTask<BindReply> BindAsync(BindCommand command)
    {
        if (parts.Findings.First is not null)
        {
            // It is over; what tries in a circle must not do so for ever.
            await new TaskCompletionSource().Task;
        }

        var call = actor.BindAsync(command);
        var isInOneTurn = call.IsCompleted;
        var reply = await call;
        parts.Trace.Add("bind", _name, (long)command.Leg.Attempt.Request.Low, (long)reply.Outcome);
        parts.Seen.Add($"bind {reply.Outcome}");
        if (reply.Outcome == BindOutcome.Bound)
        {
            silo.Watch.Books.OnBound(_name, command);
            if (isInOneTurn && reply.View is { } view)
            {
                silo.Watch.Books.Compare(_name, view);
            }

            silo.Watch.Binds.OnBound(_name, command, reply);
            silo.Watch.Deaths.OnBound(_name, command, reply);
        }

        return reply;
    }

    public ValueTask ReleaseAsync(ReleaseCommand command)
    {
        parts.Trace.Add("release", _name, (long)command.Leg.Attempt.Request.Low, (long)command.Leg.Kind);
        silo.Watch.Books.OnReleased(_name, command);
        if (command.ConnectionFailed)
        {
            silo.Watch.Deaths.OnConnectionFailed(_name, command.Epoch);
        }

        return actor.ReleaseAsync(command);
    }

    public ValueTask AssertAsync(AssertCommand command)
    {
        silo.Watch.Books.OnAsserted(_name, command);
        return actor.AssertAsync(command);
    }

    public ValueTask ObserveAsync(Observation observation)
    {
        if (observation.Kind == ObservationKind.TokensSeen)
        {
            silo.Evidence.Seen(_name);
        }

        return actor.ObserveAsync(observation);
    }

    public ValueTask NudgeAsync() => actor.NudgeAsync();

    private void RequireFence(string what, IncarnationId sender, InstanceView? before, InstanceView? after, InstanceVerdict verdict)
    {
        var current = before?.Registration.Incarnation;
        if (current == sender)
        {
            return;
        }

        parts.Findings.Require(
            verdict is not (InstanceVerdict.Accepted or InstanceVerdict.Renewed) || before is null,
            "S1 the fence",
            () => $"{_name}: a {what} of {sender} was answered {verdict} while {current} is current");
        parts.Findings.Require(ReferenceEquals(before, after), "S1 the fence", () => $"{_name}: a {what} of {sender} changed the state of {current}");
    }
}
