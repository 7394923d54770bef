using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Fleet.Requests;
using Xunit;

namespace Krewe.HostConformance;

/// <summary>One request, played by the test as the gateway would.</summary>
public sealed class TestRequest(RequestId id, IRequestRef actor, RequestSpec spec)
{
    public RequestId Id => id;

    public IRequestRef Actor => actor;

    public Task<RequestStep> StartAsync() => actor.StartAsync(spec).AsTask();

    /// <summary>Starts it, and expects a binding.</summary>
    public async Task<RequestStep> ServeAsync()
    {
        var step = await StartAsync();
        Assert.NotNull(step.Binding);
        return step;
    }

    public Task<RequestStep> FailAsync(RequestStep step, AttemptCause cause, LegKind leg = LegKind.Whole, long tokens = 0) =>
        actor.AttemptFailedAsync(new AttemptReport(step.Attempt.Number, cause, leg, tokens)).AsTask();

    public Task CompleteAsync(long tokens = 5) =>
        actor.EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, tokens)).AsTask();

    public Task EndAsync(RequestOutcome outcome, AttemptCause cause) =>
        actor.EndAsync(new RequestEnd(outcome, cause, LegKind.Whole, 0)).AsTask();
}
