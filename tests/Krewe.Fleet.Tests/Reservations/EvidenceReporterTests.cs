using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Core.Routing;
using Krewe.Core.Time;
using Krewe.Fleet.Requests;
using Krewe.Fleet.Reservations;

namespace Krewe.Fleet.Tests.Reservations;

public sealed class EvidenceReporterTests : IDisposable
{
    private readonly World _world = new();
    private readonly EvidenceReporter _reporter;

    public EvidenceReporterTests() => _reporter = new EvidenceReporter(_world.Services, _world.Host);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Silent_attempts_of_a_suspect_instance_are_told_and_streams_whose_tokens_flow_are_not()
    {
        await SuspectAsync();
        var (flowing, silent, young) = (new AttemptPulse(), new AttemptPulse(), new AttemptPulse());
        var told = new List<string>();
        Hold(1, "flowing", flowing, told);
        Hold(2, "silent", silent, told);
        Hold(3, "prefill", null, told);
        silent.Heard(Now);
        _world.Time.Advance(TimeSpan.FromMilliseconds(999));
        Hold(4, "young", young, told);
        flowing.Heard(Now);
        _reporter.Look();
        Assert.Empty(told);

        _world.Time.Advance(TimeSpan.FromMilliseconds(1));
        _reporter.Look();
        Assert.Equal(["prefill:Silent", "silent:Silent"], told.Order());

        told.Clear();
        _world.Time.Advance(TimeSpan.FromMilliseconds(998));
        flowing.Heard(Now);
        _world.Time.Advance(TimeSpan.FromMilliseconds(1));
        _reporter.Look();
        Assert.DoesNotContain("flowing:Silent", told);
        Assert.Contains("young:Silent", told);
    }

    [Fact]
    public async Task Silent_attempts_of_an_instance_that_is_served_from_are_left_alone()
    {
        await _world.ConfigureAsync();
        await _world.ActivateAsync("a");
        var told = new List<string>();
        Hold(1, "silent", new AttemptPulse(), told);
        await BeatAsync(TimeSpan.FromSeconds(60));
        _reporter.Look();
        Assert.Empty(told);
    }

    [Fact]
    public async Task What_waits_for_a_first_token_where_a_stream_has_stalled_is_let_go_after_the_idle_limit_and_its_breaker_hears_of_it()
    {
        await _world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        var epoch = await _world.ActivateAsync("a");
        var (stalled, waiting) = (_world.Request(), _world.Request());
        var broken = await _world.RunAsync(stalled.ServeAsync());
        broken.Pulse!.Heard(Now);
        var waits = await _world.RunAsync(waiting.ServeAsync());
        _world.Time.Advance(Idle - TimeSpan.FromMilliseconds(1));
        _reporter.Look();
        _ = await _world.RunAsync(stalled.FailAsync(broken, AttemptCause.IdleTimeout, tokens: 3));
        _reporter.Look();
        Assert.False(waits.EpochLost.IsCancellationRequested);

        _world.Time.Advance(TimeSpan.FromMilliseconds(1));
        _reporter.Look();

        await _world.UntilAsync(() => waits.EpochLost.IsCancellationRequested);
        await _world.ActivateAsync("b");
        var next = await _world.RunAsync(waiting.FailAsync(waits, AttemptCause.EpochLost));
        Assert.Equal(World.Id("b"), next.Binding!.Decode.Instance);
        Assert.Equal(AttemptCause.IdleTimeout, (await _world.RunAsync(waiting.Actor.DescribeAsync()))!.Attempts[0].Cause);
        Assert.Equal(epoch, _world.View("a")!.Epoch);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Where_anybody_has_a_token_or_an_answer_since_nothing_is_stalled(bool hasToken, bool hasAnswer)
    {
        await _world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        var epoch = await _world.ActivateAsync("a");
        var (waiting, other) = (_world.Request(), _world.Request());
        var waits = await _world.RunAsync(waiting.ServeAsync());
        var served = await _world.RunAsync(other.ServeAsync());
        _world.Services.Reservations.Stalled.Stalled(World.Id("a"), epoch, Now);
        _world.Time.Advance(Idle);
        if (hasToken)
        {
            served.Pulse!.Heard(Now);
        }

        if (hasAnswer)
        {
            await _world.RunAsync(other.CompleteAsync());
        }

        _reporter.Look();
        _world.Time.Advance(Idle);
        _reporter.Look();

        _world.Scheduler.RunAll();
        Assert.False(waits.EpochLost.IsCancellationRequested);
    }

    [Fact]
    public async Task Tokens_keep_an_instance_without_a_lease_from_being_suspected()
    {
        await _world.ConfigureAsync();
        await _world.ActivateAsync("a");
        var pulse = new AttemptPulse();
        Hold(1, "stream", pulse, []);
        _world.Advance(TimeSpan.FromMilliseconds(3000));
        Assert.Equal(Liveness.LeaseLost, _world.View("a")!.Liveness);

        // Its health does not answer any more, its streams do.
        _world.Probe.Set(World.Url("a"), ProbeResult.TimedOut);
        for (var i = 0; i < 100; i++)
        {
            pulse.Heard(Now);
            _reporter.Look();
            _world.Advance(TimeSpan.FromMilliseconds(500));
        }

        Assert.Equal(Liveness.LeaseLost, _world.View("a")!.Liveness);
        for (var i = 0; i < 8; i++)
        {
            _reporter.Look();
            _world.Advance(TimeSpan.FromMilliseconds(500));
        }

        Assert.Equal(Liveness.Suspect, _world.View("a")!.Liveness);
    }

    [Fact]
    public async Task Tokens_are_told_once_a_second_whatever_comes_and_only_where_there_is_doubt()
    {
        await _world.ConfigureAsync();
        await _world.ActivateAsync("a");
        var actors = new CountingActors(_world.Host);
        var reporter = new EvidenceReporter(_world.Services, actors);
        var pulses = Enumerable.Range(1, 50).Select(number => Held((ulong)number)).ToList();
        await BeatAsync(TimeSpan.FromSeconds(5), () => Look(pulses, reporter));
        Assert.Equal(0, actors.Asked);

        _world.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(Liveness.LeaseLost, _world.View("a")!.Liveness);
        for (var i = 0; i < 100; i++)
        {
            Look(pulses, reporter);
            _world.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(actors.Asked, 8, 10);
    }

    [Theory]
    [InlineData(Liveness.Removed, 0, true)]
    [InlineData(Liveness.Active, 0, false)]
    [InlineData(Liveness.Joining, 1, false)]
    [InlineData(Liveness.Active, 1, true)]
    [InlineData(Liveness.Removed, 1, true)]
    [InlineData(Liveness.Active, -1, false)]
    public async Task What_the_view_knows_to_be_over_is_told_even_if_its_notice_was_lost(Liveness liveness, int later, bool isTold)
    {
        await _world.ConfigureAsync();
        var epoch = await _world.ActivateAsync("a");
        var view = _world.View("a")!;
        var told = new List<string>();
        Hold(1, "stream", new AttemptPulse(), told, later < 0 ? epoch.Next() : epoch);
        _world.Services.View.Apply(view with
        {
            Liveness = liveness,
            Version = new ViewVersion(later > 0 ? epoch.Next() : epoch, view.Version.Generation, view.Version.Counter + 1),
        });

        _reporter.Look();

        Assert.Equal(isTold ? ["stream:"] : [], told);
    }

    [Fact]
    public async Task A_stopped_engine_loses_its_requests_to_the_others_within_4_s_and_half()
    {
        await _world.ConfigureAsync();
        foreach (var name in new[] { "a", "b", "c" })
        {
            await _world.ActivateAsync(name);
        }

        RequestStep step;
        do
        {
            step = await _world.RunAsync(_world.Request().ServeAsync());
        }
        while (step.Binding!.Decode.Instance != World.Id("a"));

        _world.Probe.Set(World.Url("a"), ProbeResult.TimedOut);
        var began = _world.Time.Elapsed;
        while (!step.EpochLost.IsCancellationRequested && _world.Time.Elapsed - began < TimeSpan.FromSeconds(10))
        {
            await BeatAsync(TimeSpan.FromMilliseconds(500), () => _reporter.Look(), "b", "c");
        }

        Assert.True(step.EpochLost.IsCancellationRequested);
        Assert.InRange(_world.Time.Elapsed - began, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4.5));
    }

    private TimeSpan Idle => _world.Services.View.Find(World.Pool)!.Definition!.Idle;

    private Monotonic Now => _world.Time.GetMonotonic();

    private void Look(List<AttemptPulse> pulses, EvidenceReporter reporter)
    {
        pulses.ForEach(pulse => pulse.Heard(Now));
        reporter.Look();
    }

    private async Task SuspectAsync()
    {
        await _world.ConfigureAsync();
        await _world.ActivateAsync("a");
        _world.Probe.Set(World.Url("a"), ProbeResult.TimedOut);
        await _world.AdvanceUntilAsync(() => _world.View("a")!.Liveness == Liveness.Suspect);
    }

    private async Task BeatAsync(TimeSpan span, Action? each = null, params string[] names)
    {
        for (var until = _world.Time.Elapsed + span; _world.Time.Elapsed < until;)
        {
            foreach (var name in names.Length == 0 ? ["a"] : names)
            {
                await _world.RunAsync(_world.HeartbeatAsync(name, (long)_world.Time.Elapsed.TotalMilliseconds + 1));
            }

            each?.Invoke();
            _world.Advance(TimeSpan.FromMilliseconds(500));
        }
    }

    private AttemptPulse Held(ulong number)
    {
        var pulse = new AttemptPulse();
        Hold(number, "stream", pulse, []);
        return pulse;
    }

    private void Hold(ulong number, string name, AttemptPulse? pulse, List<string> told, Epoch? epoch = null) =>
        _world.Services.Reservations.Add(new HeldReservation(
            new AttemptLeg(new AttemptId(new RequestId(0, number), 1), LegKind.Whole), World.Id("a"), epoch ?? new Epoch(1), 1, evidence => told.Add($"{name}:{evidence}"))
        {
            Since = Now,
            Pulse = pulse,
        });
}
