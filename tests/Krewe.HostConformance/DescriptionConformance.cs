using Krewe.Core.Requests;
using Xunit;

namespace Krewe.HostConformance;

/// <summary>What is told of a request.</summary>
public abstract class DescriptionConformance(HostFixture host) : ConformanceTest(host)
{
    [Fact]
    public async Task A_request_is_described_while_it_runs_and_after()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");
        await pool.ActivateAsync("b");
        var request = pool.Request();
        Assert.Null(await Host.Actors.Request(request.Id).DescribeAsync());
        var step = await request.ServeAsync();
        await request.Actor.FirstTokenAsync(1);

        var running = (await Host.Actors.Request(request.Id).DescribeAsync())!;
        Assert.Equal((RequestPhase.Decoding, null), (running.Phase, running.Outcome));
        Assert.Equal(step.Binding!.Decode.Instance.Name.Value, Assert.Single(running.Attempts).Decode.Name);
        Assert.Equal(step.Binding.Decode.Epoch.Value, running.Attempts[0].Decode.Epoch);

        await request.CompleteAsync(tokens: 12);
        var ended = (await Host.Actors.Request(request.Id).DescribeAsync())!;
        Assert.Equal((RequestPhase.Completed, RequestOutcome.Completed, 12L), (ended.Phase, ended.Outcome, ended.TokensSent));
        Assert.Equal(AttemptCause.Completed, Assert.Single(ended.Attempts).Cause);
        Assert.Equal(12, Host.Services.EndedRequests.Find(request.Id)!.TokensSent);
    }

    [Fact]
    public async Task A_request_that_was_never_started_has_no_description_and_ending_it_is_harmless()
    {
        var pool = await PoolAsync();
        var request = pool.Request();

        await request.CompleteAsync();

        Assert.Null(await request.Actor.DescribeAsync());
    }
}
