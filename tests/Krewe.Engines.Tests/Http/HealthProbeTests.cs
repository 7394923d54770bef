using Krewe.Core.Instances;
using Krewe.Engines.Http;
using Krewe.Testing;

namespace Krewe.Engines.Tests.Http;

public class HealthProbeTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500);

    private readonly ManualTimeProvider _time = new();

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(200, ProbeResult.Ok)]
    [InlineData(204, ProbeResult.Ok)]
    [InlineData(301, ProbeResult.Unhealthy)]
    [InlineData(404, ProbeResult.Unhealthy)]
    [InlineData(503, ProbeResult.Unhealthy)]
    public async Task ProbeAsync_tells_by_the_status(int status, ProbeResult expected)
    {
        var path = "";
        await using var engine = await TestEngine.StartAsync(context =>
        {
            path = context.Request.Method + " " + context.Request.Path;
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        Assert.Equal(expected, await ProbeAsync(engine.Url, Now));
        Assert.Equal("GET /health", path);
    }

    [Fact]
    public async Task ProbeAsync_nobody_there_is_refused() => Assert.Equal(ProbeResult.Refused, await ProbeAsync(RawEngine.NobodysUrl(), Now));

    [Fact]
    public async Task ProbeAsync_an_engine_that_hangs_times_out_by_the_clock()
    {
        var arrived = new TaskCompletionSource();
        await using var engine = await TestEngine.StartAsync(async context =>
        {
            var aborted = new TaskCompletionSource();
            context.RequestAborted.Register(() => aborted.TrySetResult());
            arrived.TrySetResult();
            await aborted.Task;
        });
        var probe = ProbeAsync(engine.Url, Now);
        await arrived.Task;
        _time.Advance(Timeout - TimeSpan.FromTicks(1));
        Assert.False(probe.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(ProbeResult.TimedOut, await probe);
    }

    [Fact]
    public async Task ProbeAsync_cancelled_by_the_caller_throws()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ProbeAsync(RawEngine.NobodysUrl(), cancel.Token));
    }

    private async Task<ProbeResult> ProbeAsync(Uri url, CancellationToken cancellationToken)
    {
        using var client = new EngineClient(new EngineClientOptions(), AddressAllowList.Loopback);
        return await new HealthProbe(client, _time).ProbeAsync(url, Timeout, null, cancellationToken);
    }
}
