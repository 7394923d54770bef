using System.Net;
using System.Text;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;

namespace Krewe.Core.Tests.Pools;

public sealed class PoolsFileTests
{
    private const string FullPool = """
        { "pools": [ { "name": "sim", "model": "sim-model", "aliases": ["sim"], "policy": "round-robin", // a comment
            "failureMode": "fail-fast", "deadlineMs": 1000, "idleMs": 2000, "continuation": "text",
            "retry": { "attempts": 5, "initialBackoffMs": 10, "maxBackoffMs": 100, "budgetPercent": 30, "budgetFloor": 2 },
            "queue": { "limit": 7, "maxWaitMs": 300 }, "lease": { "ttlMs": 4000, "suspectMs": 16000 },
            "open": false, "addresses": ["127.0.0.0/8", "fd00::/8"],
            "instances": [ { "name": "p1", "role": "prefill", "protocol": "vllm", "url": "http://127.0.0.1:9001",
                             "transferGroup": "rack1", "capacity": { "maxConcurrency": 64, "kvBlocks": 100, "blockSize": 16 } },
                           { "name": "m1", "url": "https://engine.test/base" } ] } ] }
        """;

    [Fact]
    public void Parse_EveryKeyGiven_TakesEveryValue()
    {
        var result = Parse(FullPool);
        Assert.Empty(result.Errors);
        var pool = Assert.Single(result.Pools);
        Assert.Equal((new PoolName("sim"), "sim-model", "round-robin"), (pool.Name, pool.Model, pool.Policy));
        Assert.Equal(["sim"], pool.Aliases);
        Assert.Equal((FailureMode.FailFast, ContinuationMode.Text, false), (pool.FailureMode, pool.Continuation, pool.Open));
        Assert.Equal((Ms(1000), Ms(2000)), (pool.Deadline, pool.Idle));
        Assert.Equal((5, Ms(10), Ms(100)), (pool.Retry.Attempts, pool.Retry.Backoff.Initial, pool.Retry.Backoff.Max));
        Assert.Equal((30, 2), (pool.Retry.BudgetPercent, pool.Retry.BudgetFloor));
        Assert.Equal((7, Ms(300), Ms(4000), Ms(16000)), (pool.QueueLimit, pool.QueueMaxWait, pool.LeaseTtl, pool.SuspectWindow));
        Assert.Equal([IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("fd00::/8")], pool.Addresses);
        Assert.Equal(
            [
                new DeclaredInstance
                {
                    Name = new InstanceName("p1"),
                    Role = InstanceRole.Prefill,
                    Protocol = EngineProtocol.Vllm,
                    Url = new Uri("http://127.0.0.1:9001"),
                    TransferGroup = new TransferGroup("rack1"),
                    Capacity = new InstanceCapacity(64, 100, 16),
                },
                new DeclaredInstance { Name = new InstanceName("m1"), Url = new Uri("https://engine.test/base") },
            ],
            pool.Instances);
    }

    [Fact]
    public void Parse_OnlyWhatIsRequired_GivesTheDefaultsOfTheContract()
    {
        var pool = Assert.Single(Parse("""{"pools":[{"name":"sim","model":"sim-model"}]}""").Pools);
        Assert.Equal(PoolDefinition.ForModel(new PoolName("sim"), "sim-model") with { Aliases = pool.Aliases, Instances = pool.Instances }, pool);
        Assert.Equal(("power-of-two", FailureMode.Resilient, ContinuationMode.Auto, true), (pool.Policy, pool.FailureMode, pool.Continuation, pool.Open));
        Assert.Equal((Ms(600_000), Ms(4000), 1000, Ms(30_000)), (pool.Deadline, pool.Idle, pool.QueueLimit, pool.QueueMaxWait));
        Assert.Equal((Ms(3000), Ms(15_000)), (pool.LeaseTtl, pool.SuspectWindow));
        Assert.Equal((4, Ms(20), Ms(2000), 20), (pool.Retry.Attempts, pool.Retry.Backoff.Initial, pool.Retry.Backoff.Max, pool.Retry.BudgetPercent));
        Assert.Empty(pool.Aliases);
        Assert.Empty(pool.Instances);
    }

    [Theory]
    [InlineData("""{"name":"p","model":"m","retry":{"attempts":0}}""", "pools[0].retry.attempts: must be 1 to 16")]
    [InlineData("""{"name":"p","model":"m","retry":{"attempts":17}}""", "pools[0].retry.attempts: must be 1 to 16")]
    [InlineData("""{"name":"p","model":"m","retry":{"attempts":2.5}}""", "pools[0].retry.attempts: must be a whole number, 1 to 16")]
    [InlineData("""{"name":"p","model":"m","retry":{"attempts":"4"}}""", "pools[0].retry.attempts: must be a whole number, 1 to 16")]
    [InlineData("""{"name":"p","model":"m","retry":{"attempts":null}}""", "pools[0].retry.attempts: must be a whole number, 1 to 16")]
    [InlineData("""{"name":"p","model":"m","retry":{"attempts":1e400}}""", "pools[0].retry.attempts: must be a whole number, 1 to 16")]
    [InlineData("""{"name":"p","model":"m","retry":{"budgetPercent":101}}""", "pools[0].retry.budgetPercent: must be 0 to 100")]
    [InlineData("""{"name":"p","model":"m","retry":{"initialBackoffMs":50,"maxBackoffMs":49}}""", "pools[0].retry.maxBackoffMs: must be at least initialBackoffMs")]
    [InlineData("""{"name":"p","model":"m","retry":[]}""", "pools[0].retry: must be an object")]
    [InlineData("""{"name":"p","model":"m","retry":{"jitter":true}}""", "pools[0].retry.jitter: is not a known key")]
    [InlineData("""{"name":"p","model":"m","queue":{"limit":-1}}""", "pools[0].queue.limit: must be 0 to 100000")]
    [InlineData("""{"name":"p","model":"m","queue":{"max":1}}""", "pools[0].queue.max: is not a known key")]
    [InlineData("""{"name":"p","model":"m","lease":{"ttlMs":99}}""", "pools[0].lease.ttlMs: must be 100 to 600000")]
    [InlineData("""{"name":"p","model":"m","lease":{"ttl":99}}""", "pools[0].lease.ttl: is not a known key")]
    [InlineData("""{"name":"p","model":"m","deadlineMs":0}""", "pools[0].deadlineMs: must be 1 to 86400000")]
    [InlineData("""{"name":"p","model":"m","policy":"fastest"}""", "pools[0].policy: must be one of power-of-two, least-loaded, round-robin, prefix-aware")]
    [InlineData("""{"name":"p","model":"m","failureMode":"Resilient"}""", "pools[0].failureMode: must be one of resilient, fail-fast")]
    [InlineData("""{"name":"p","model":"m","continuation":1}""", "pools[0].continuation: must be one of auto, tokens, text, off")]
    [InlineData("""{"name":"p","model":"m","open":"yes"}""", "pools[0].open: must be true or false")]
    [InlineData("""{"name":"p","model":"m","Policy":"round-robin"}""", "pools[0].Policy: is not a known key")]
    [InlineData("""{"model":"m"}""", "pools[0].name: is required")]
    [InlineData("""{"name":"p"}""", "pools[0].model: is required")]
    [InlineData("""{"name":"a/b","model":"m"}""", "pools[0].name: must be 1 to 64 characters of A-Z a-z 0-9 . _ -")]
    [InlineData("""{"name":"p","model":" m"}""", "pools[0].model: must be 1 to 256 characters without control characters, and no space at either end")]
    [InlineData("""{"name":"p","model":"m\ud800"}""", "pools[0].model: must be 1 to 256 characters without control characters, and no space at either end")]
    [InlineData("""{"name":"p","model":"m","aliases":["x",""]}""", "pools[0].aliases[1]: must be 1 to 256 characters without control characters, and no space at either end")]
    [InlineData("""{"name":"p","model":"m","aliases":["m"]}""", "pools[0].aliases[0]: names the pool's model, or an alias, a second time")]
    [InlineData("""{"name":"p","model":"m","aliases":"x"}""", "pools[0].aliases: must be a list of at most 100")]
    [InlineData("""{"name":"p","model":"m","addresses":["10.0.0.1/8"]}""", "pools[0].addresses[0]: must be a network such as 10.0.0.0/8, with no bit set beyond its prefix")]
    [InlineData("""{"name":"p","model":"m","addresses":["10.0.0.1"]}""", "pools[0].addresses[0]: must be a network such as 10.0.0.0/8, with no bit set beyond its prefix")]
    [InlineData("""{"name":"p","model":"m","addresses":["fd00::1/8"]}""", "pools[0].addresses[0]: must be a network such as 10.0.0.0/8, with no bit set beyond its prefix")]
    [InlineData("""{"name":"p","model":"m","addresses":[8]}""", "pools[0].addresses[0]: must be a network such as 10.0.0.0/8, with no bit set beyond its prefix")]
    [InlineData("""{"name":"p","model":"m","instances":[{"url":"http://a.test"}]}""", "pools[0].instances[0].name: is required")]
    [InlineData("""{"name":"p","model":"m","instances":[{"name":"a"}]}""", "pools[0].instances[0].url: is required")]
    [InlineData("""{"name":"p","model":"m","instances":[{"name":"a","url":"ftp://a.test"}]}""", "pools[0].instances[0].url: must be an absolute http or https URL without user, query or fragment")]
    [InlineData("""{"name":"p","model":"m","instances":[{"name":"a","url":"http://u:p@a.test"}]}""", "pools[0].instances[0].url: must be an absolute http or https URL without user, query or fragment")]
    [InlineData("""{"name":"p","model":"m","instances":[{"name":"a","url":"http://a.test:0"}]}""", "pools[0].instances[0].url: must be an absolute http or https URL without user, query or fragment")]
    [InlineData("""{"name":"p","model":"m","instances":[{"name":"a","url":"http://10.0.0.1:9000"}]}""", "pools[0].instances[0].url: is not within the pool's addresses")]
    [InlineData("""{"name":"p","model":"m","instances":[{"name":"a","url":"http://[::ffff:10.0.0.1]:9000"}]}""", "pools[0].instances[0].url: is not within the pool's addresses")]
    [InlineData("""{"name":"p","model":"m","instances":[{"name":"a","url":"http://a.test","protocol":"sglang"}]}""", "pools[0].instances[0].protocol: must be one of openai, vllm")]
    [InlineData("""{"name":"p","model":"m","instances":[{"name":"a","url":"http://a.test","role":"decode"}]}""", "pools[0].instances[0].role: must be mixed: protocol openai does not part prefill from decode")]
    [InlineData("""{"name":"p","model":"m","instances":[{"name":"a","url":"http://a.test","capacity":{"maxConcurrency":0}}]}""", "pools[0].instances[0].capacity.maxConcurrency: must be 1 to 1000000")]
    [InlineData("""{"name":"p","model":"m","instances":[{"name":"a","url":"http://a.test"},{"name":"a","url":"http://b.test"}]}""", "pools[0].instances[1].name: 'a' is the name of an instance above")]
    [InlineData("""{"name":"p","model":"m"},{"name":"p","model":"n"}""", "pools[1].name: 'p' is the name of a pool above")]
    [InlineData("""{"name":"p","model":"m"},{"name":"q","model":"m"}""", "pools[1].model: 'm' is a model or alias of pool 'p' already")]
    [InlineData("""{"name":"p","model":"m","aliases":["x"]},{"name":"q","model":"x"}""", "pools[1].model: 'x' is a model or alias of pool 'p' already")]
    [InlineData("""{"name":"p","model":"m"},{"name":"q","model":"n","aliases":["m"]}""", "pools[1].aliases: 'm' is a model or alias of pool 'p' already")]
    [InlineData("17", "pools[0]: must be an object")]
    public void Parse_OneThingWrong_NamesItsPath(string pools, string error)
    {
        var result = Parse($$"""{"pools":[{{pools}}]}""");
        Assert.Equal([error], result.Errors.Select(told => told.ToString()));
        Assert.Empty(result.Pools);
        Assert.False(result.IsValid);
    }

    [Theory]
    [InlineData("[]", "must be an object")]
    [InlineData("{}", "pools: is required")]
    [InlineData("""{"pools":{}}""", "pools: must be a list of at most 1000")]
    [InlineData("""{"pools":[],"version":1}""", "version: is not a known key")]
    public void Parse_WrongAtTheTop_NamesIt(string json, string error) =>
        Assert.Equal([error], Parse(json).Errors.Select(told => told.ToString()));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"pools":[],}""")]
    [InlineData("""{"pools":[],"pools":[]}""")]
    [InlineData("""{"pools":[]} {}""")]
    [InlineData("""{"\ud800":1,"pools":[]}""")]
    public void Parse_NotStrictJson_IsOneError(string json) =>
        Assert.StartsWith("is not valid JSON: ", Assert.Single(Parse(json).Errors).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Parse_SeveralThingsWrong_TellsAllOfThemUpToABound()
    {
        var many = Parse($$"""{"pools":[{{string.Join(',', Enumerable.Repeat("""{"name":"","model":"","open":0}""", 30))}}]}""");
        Assert.Equal(PoolsFileResult.MaxErrors, many.Errors.Count);
        Assert.Equal(["pools[0].name", "pools[0].model", "pools[0].open", "pools[1].name"], many.Errors.Take(4).Select(error => error.Path));
    }

    [Fact]
    public void Parse_LongUnknownKey_IsShownCut()
    {
        var key = new string('k', 5000);
        Assert.True(Assert.Single(Parse($$"""{"pools":[],"{{key}}":1}""").Errors).Path.Length < 100);
    }

    [Fact]
    public void Parse_ByteOrderMark_IsSkipped() => Assert.True(PoolsFile.Parse([0xEF, 0xBB, 0xBF, .. "{\"pools\":[]}"u8]).IsValid);

    [Fact]
    public void Parse_TooLarge_IsRefusedUnread() =>
        Assert.Equal("must be at most 4194304 bytes", Assert.Single(PoolsFile.Parse(new byte[PoolsFile.MaxBytes + 1]).Errors).ToString());

    [Fact]
    public void Parse_AnyPrefixOrFlippedByte_GivesAResultAndNeverThrows()
    {
        var good = Encoding.UTF8.GetBytes(FullPool);
        for (var i = 0; i < good.Length; i++)
        {
            Assert.False(PoolsFile.Parse(good.AsSpan(0, i)).IsValid);
            foreach (var flip in new byte[] { 0x01, 0x20, 0x80, 0xFF })
            {
                var bad = (byte[])good.Clone();
                bad[i] ^= flip;
                var result = PoolsFile.Parse(bad);
                Assert.Equal(result.IsValid, result.Pools.Count == 1);
            }
        }
    }

    [Fact]
    public void ParsePool_OnePool_HasPathsOfItsOwn()
    {
        Assert.Equal("m", Assert.Single(PoolsFile.ParsePool("""{"name":"p","model":"m"}"""u8).Pools).Model);
        Assert.Equal("queue.limit", Assert.Single(PoolsFile.ParsePool("""{"name":"p","model":"m","queue":{"limit":-1}}"""u8).Errors).Path);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:127.9.9.9", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    public void Allows_DefaultAddresses_AreThisMachineOnly(string address, bool allowed) =>
        Assert.Equal(allowed, PoolDefinition.ForModel(new PoolName("p"), "m").Allows(IPAddress.Parse(address)));

    [Fact]
    public void Serves_ModelAndAliases_ByExactName()
    {
        var pool = PoolDefinition.ForModel(new PoolName("p"), "m") with { Aliases = ["x"] };
        Assert.Equal([true, true, false, false], new[] { "m", "x", "M", "p" }.Select(pool.Serves));
    }

    private static PoolsFileResult Parse(string json) => PoolsFile.Parse(Encoding.UTF8.GetBytes(json));

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
