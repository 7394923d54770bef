using Krewe.Core.Identity;
using Krewe.Core.Protocols;
using Krewe.Core.Randomness;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Requests;

/// <summary>A request's life with its budget and a clock that the test turns.</summary>
internal sealed class LifecycleFixture
{
    public const int Failovers = 3;

    public static readonly Binding Pair = new(Half("p1"), Half("d1"));

    public LifecycleFixture(bool streaming = true, int attempts = 4, int deadlineMs = 10_000, RetryBudget? budget = null, int floor = 10)
    {
        Budget = budget ?? new RetryBudget();
        Request = new RequestLifecycle(
            new RequestTerms
            {
                Id = new RequestId(1, 2),
                Pool = new PoolName("pool"),
                Model = "model",
                Streaming = streaming,
                Deadline = Deadline.In(TimeSpan.FromMilliseconds(deadlineMs), Now),
                Retry = RetryPolicy.Default with { Attempts = attempts, Failovers = Failovers, BudgetFloor = floor },
            },
            Budget,
            Now);
    }

    public RetryBudget Budget { get; }

    public RequestLifecycle Request { get; }

    public SeededRandom Random { get; } = new(11);

    public Monotonic Now { get; private set; } = Monotonic.Zero + TimeSpan.FromHours(5);

    public static InstanceBinding Half(string name, long epoch = 1) => new(
        new InstanceId(new PoolName("pool"), new InstanceName(name)),
        new Epoch(epoch),
        new IncarnationId($"{name}.{epoch}"),
        new Uri($"http://{name}.test"),
        EngineProtocol.Vllm);

    public void Pass(int milliseconds) => Now += TimeSpan.FromMilliseconds(milliseconds);

    public AttemptId Bind(Binding? binding = null)
    {
        Assert.Equal(StepResult.Applied, Request.Bind(binding ?? Pair, Now, out var attempt));
        return attempt;
    }

    public NextStep End(AttemptId attempt, AttemptCause cause, bool canContinue = false) =>
        Request.AttemptEnded(attempt, new AttemptEnd(cause, CanContinue: canContinue), Now, Random);
}
