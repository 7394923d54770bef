using System.Net;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;

namespace Krewe.Core.Tests.Pools;

public sealed class RegistrationRuleTests
{
    private static readonly PoolDefinition Pool = PoolDefinition.ForModel(new PoolName("sim"), "sim-model");

    private static readonly Registration Good = new()
    {
        Incarnation = new IncarnationId("one"),
        Role = InstanceRole.Mixed,
        Protocol = EngineProtocol.Vllm,
        Url = new Uri("http://127.0.0.1:9001"),
        Model = "sim-model",
        TransferGroup = new TransferGroup("default"),
        Capacity = new InstanceCapacity(256, 0, 0),
    };

    [Fact]
    public void What_keeps_every_rule_is_taken() => Assert.Null(RegistrationRule.Check(Pool, Good));

    [Fact]
    public void A_closed_pool_takes_none_but_those_that_it_declares()
    {
        var closed = Pool with { Open = false };

        var fault = RegistrationRule.Check(closed, Good);

        Assert.Equal(RegistrationFaultKind.PoolClosed, fault?.Kind);
        Assert.Equal("", fault?.Field);
        Assert.Null(RegistrationRule.CheckDeclared(closed, Good));
    }

    [Theory]
    [InlineData("other")]
    [InlineData("Sim-Model")]
    [InlineData("alias")]
    public void The_model_must_be_the_pools_own_and_no_alias(string model)
    {
        var fault = RegistrationRule.Check(Pool with { Aliases = ["alias"] }, Good with { Model = model });

        Assert.Equal((RegistrationFaultKind.OtherModel, "model"), (fault!.Kind, fault.Field));
        Assert.Contains("'sim-model'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_protocol_is_taken_exactly_where_this_build_speaks_it()
    {
        foreach (var protocol in Enum.GetValues<EngineProtocol>())
        {
            var fault = RegistrationRule.Check(Pool, Good with { Protocol = protocol });

            Assert.Equal(protocol.IsSupported(), fault is null);
            Assert.True(fault is null or { Kind: RegistrationFaultKind.ProtocolUnsupported, Field: "protocol" });
        }
    }

    [Fact]
    public void Only_a_protocol_that_parts_prefill_from_decode_has_the_two_roles()
    {
        foreach (var role in new[] { InstanceRole.Prefill, InstanceRole.Decode })
        {
            Assert.Null(RegistrationRule.Check(Pool, Good with { Role = role }));
            var fault = RegistrationRule.Check(Pool, Good with { Role = role, Protocol = EngineProtocol.OpenAI });
            Assert.Equal((RegistrationFaultKind.RoleUnfit, "role"), (fault!.Kind, fault.Field));
        }

        Assert.Null(RegistrationRule.Check(Pool, Good with { Protocol = EngineProtocol.OpenAI }));
    }

    [Theory]
    [InlineData("http://127.0.0.1:9001", true)]
    [InlineData("http://127.255.0.9", true)]
    [InlineData("http://[::1]:9001", true)]
    [InlineData("http://[::ffff:127.0.0.1]:9001", true)]
    [InlineData("http://127.1", true)]
    [InlineData("http://10.0.0.1", false)]
    [InlineData("http://167772161", false)]
    [InlineData("http://169.254.169.254/latest", false)]
    [InlineData("http://[fe80::1]", false)]
    [InlineData("http://[::ffff:10.0.0.1]", false)]
    public void An_address_must_be_within_the_pools_networks(string url, bool isWithin)
    {
        var fault = RegistrationRule.Check(Pool, Good with { Url = new Uri(url) });

        Assert.Equal(isWithin, fault is null);
        Assert.True(fault is null or { Kind: RegistrationFaultKind.AddressRefused, Field: "url" });
    }

    [Fact]
    public void A_host_name_is_left_to_the_dialling()
    {
        Assert.Null(RegistrationRule.Check(Pool, Good with { Url = new Uri("http://engine.example:9001") }));
        Assert.NotNull(RegistrationRule.Check(Pool with { Addresses = [IPNetwork.Parse("10.0.0.0/8")] }, Good));
    }

    [Theory]
    [InlineData(0, 0, 0, "capacity.maxConcurrency")]
    [InlineData(-1, 0, 0, "capacity.maxConcurrency")]
    [InlineData(100_001, 0, 0, "capacity.maxConcurrency")]
    [InlineData(1, -1, 0, "capacity.kvBlocks")]
    [InlineData(1, 0, -1, "capacity.blockSize")]
    [InlineData(1, 0, 0, null)]
    [InlineData(100_000, int.MaxValue, int.MaxValue, null)]
    public void A_capacity_has_bounds(int concurrency, int blocks, int size, string? field)
    {
        var fault = RegistrationRule.Check(Pool, Good with { Capacity = new InstanceCapacity(concurrency, blocks, size) });

        Assert.Equal(field, fault?.Field);
        Assert.True(fault is null or { Kind: RegistrationFaultKind.CapacityOutOfRange });
    }
}
