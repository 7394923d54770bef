using Krewe.Core.Instances;
using Krewe.Core.Retry;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;
using Krewe.Core.Time;
using Krewe.Fleet.Requests;
using Krewe.HostConformance;

namespace Krewe.Fleet.Tests.Requests;

public sealed class PrefixRoutingTests : IDisposable
{
    private static readonly ulong[] Chain = [.. Enumerable.Range(1, 20).Select(i => (ulong)i)];

    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Requests_of_one_conversation_go_where_its_prompt_is_cached()
    {
        await _world.ConfigureAsync(pool => pool with { Policy = RoutingPolicies.PrefixAware });
        foreach (var name in new[] { "a", "b", "c", "d", "e", "f", "g", "h" })
        {
            await _world.ActivateAsync(name, limit: 100);
        }

        var first = await BindAsync(Chain);
        for (var turn = 0; turn < 5; turn++)
        {
            Assert.Equal(first, await BindAsync([.. Chain, 100 + (ulong)turn]));
        }
    }

    [Fact]
    public async Task A_prefill_reserves_only_what_is_not_cached()
    {
        await _world.ConfigureAsync(pool => pool with { Policy = RoutingPolicies.PrefixAware });
        await _world.ActivateAsync("p", role: InstanceRole.Prefill);
        await _world.ActivateAsync("d", role: InstanceRole.Decode);

        await BindAsync(Chain);
        Assert.Equal((20 * 128, 20 * 128), (_world.View("p")!.Load.ReservedTokens, _world.View("d")!.Load.ReservedTokens));
        await BindAsync([.. Chain, 77]);
        Assert.Equal((21 * 128, 41 * 128), (_world.View("p")!.Load.ReservedTokens, _world.View("d")!.Load.ReservedTokens));
    }

    private async Task<string> BindAsync(ulong[] chain)
    {
        var step = await _world.RunAsync(_world.Host.Request(TestPool.NewRequest()).StartAsync(new RequestSpec
        {
            Pool = World.Pool,
            Model = "model",
            PromptTokens = chain.Length * PrefixBlocks.TokensPerBlock,
            Prefix = chain,
            AllowDisaggregated = true,
            Stream = true,
            Deadline = Deadline.In(TimeSpan.FromMinutes(1), _world.Time.GetMonotonic()),
        }));
        return step.Binding!.Prefill.Instance.Name.Value;
    }
}
