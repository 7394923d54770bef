using System.Globalization;
using Krewe.Orleans.Storage;
using Krewe.Testing;
using Krewe.Testing.Processes;
using Krewe.Testing.Stores;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>A real cluster: Redis, PostgreSQL, silos and engines, each a process.</summary>
internal sealed class ClusterProcesses : IAsyncDisposable
{
    public const string Pool = "sim";
    public const string Model = "sim-model";

    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-cluster-").FullName;
    private readonly List<ClusterSiloProcess> _silos = [];
    private readonly List<ChildProcess> _engines = [];

    private readonly IReadOnlyDictionary<string, string> _settings;

    private ClusterProcesses(RedisServer? redis, PostgreSqlServer postgreSql, IReadOnlyDictionary<string, string>? settings)
    {
        Redis = redis;
        PostgreSql = postgreSql;
        _settings = settings ?? new Dictionary<string, string>();
    }

    /// <summary>Why there can be none on this machine; null if there can.</summary>
    public static string? Missing => RedisServer.Missing ?? PostgreSqlServer.Missing;

    /// <summary>Null where the membership is in PostgreSQL, too.</summary>
    public RedisServer? Redis { get; }

    public PostgreSqlServer PostgreSql { get; }

    /// <summary>The silos that were started, in their order; those that have ended since the test began, too.</summary>
    public IReadOnlyList<ClusterSiloProcess> Silos => _silos;

    public IEnumerable<ClusterSiloProcess> Running => _silos.Where(silo => !silo.Process.HasExited);

    public IReadOnlyList<ChildProcess> Engines => _engines;

    /// <summary>How a silo is told where it belongs.</summary>
    public Dictionary<string, string> Environment
    {
        get
        {
            var environment = new Dictionary<string, string>(ClusterSiloProcess.Quick)
            {
                ["Krewe__Orleans__Clustering"] = Redis is null ? "postgresql" : "redis",
                ["Krewe__Orleans__Storage"] = "postgresql",
                ["Krewe__Orleans__PostgreSql"] = PostgreSql.Connection(),
                ["Krewe__Shutdown__Settle"] = "00:00:01",
                ["Krewe__Control__AllowAnonymousLoopback"] = "true",
                ["Krewe__Client__AllowAnonymousLoopback"] = "true",
            };
            if (Redis is not null)
            {
                environment["Krewe__Orleans__Redis"] = Redis.Connection;
            }

            foreach (var (key, value) in _settings)
            {
                environment[$"Krewe__{key}"] = value;
            }

            return environment;
        }
    }

    /// <summary>Starts everything, migrated, with so many silos and mixed engines, which the pool declares.</summary>
    public static async Task<ClusterProcesses> StartAsync(
        int silos = 3, int engines = 4, bool redis = true, int tokenMs = 20, bool redisKeeps = true, IReadOnlyDictionary<string, string>? settings = null)
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        var cluster = new ClusterProcesses(redis ? await RedisServer.StartAsync(redisKeeps) : null, await PostgreSqlServer.StartAsync(), settings);
        try
        {
            await Task.WhenAll(PostgreSqlSchema.MigrateAsync(cluster.PostgreSql.Connection(), CancellationToken.None), cluster.StartEnginesAsync(engines, tokenMs));
            await Task.WhenAll(Enumerable.Range(0, silos).Select(_ => cluster.StartSiloAsync()));
            await cluster.MetAsync(silos);
            await cluster.ServingAsync(engines);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts what is missing of so many silos, and waits until all is well and nothing under way.</summary>
    public async Task MakeWholeAsync(int silos)
    {
        foreach (var gone in _silos.Where(silo => silo.Process.HasExited).ToList())
        {
            _silos.Remove(gone);
            await gone.DisposeAsync();
        }

        await Task.WhenAll(Enumerable.Range(0, silos - _silos.Count).Select(_ => StartSiloAsync()));
        await MetAsync(silos);
        await ServingAsync(_engines.Count);
        await IdleAsync();
    }

    public async Task<ClusterSiloProcess> StartSiloAsync()
    {
        var silo = await ClusterSiloProcess.ReadyAsync(Environment, "--pools", PoolsFile);
        lock (_silos)
        {
            _silos.Add(silo);
        }

        return silo;
    }

    /// <summary>Waits until every running silo knows of so many active ones.</summary>
    public async Task MetAsync(int silos)
    {
        foreach (var silo in Running)
        {
            await Eventually.TrueAsync(
                async () => (await silo.SilosAsync()).Count(state => state == "Active") == silos, TimeSpan.FromSeconds(60), $"{silo.Process.Id} to know of {silos} silos");
        }
    }

    /// <summary>Waits until every running silo sees so many schedulable instances.</summary>
    public async Task ServingAsync(int instances)
    {
        foreach (var silo in Running)
        {
            await Eventually.TrueAsync(
                async () => (await silo.InstancesAsync(Pool)).Count(one => one.GetProperty("schedulable").GetBoolean() && one.GetProperty("state").GetString() == "Active") == instances,
                TimeSpan.FromSeconds(60),
                $"{silo.Process.Id} to see {instances} instances");
        }
    }

    /// <summary>Waits until every running silo raises the membership's alarm (1), or no longer does (0).</summary>
    public async Task OutageAsync(double expected)
    {
        foreach (var silo in Running)
        {
            await Eventually.ReadAsync(
                () => silo.GaugeAsync("krewe_membership_outage"), value => value.Equals(expected), TimeSpan.FromSeconds(90), $"the membership's alarm of {silo.Process.Id} to be {expected}");
        }
    }

    /// <summary>Waits until on every running silo every gauge of running work is 0.</summary>
    public async Task IdleAsync()
    {
        foreach (var silo in Running)
        {
            foreach (var gauge in new[] { "krewe_requests_running", "krewe_reservations", "krewe_queue_waiting", "krewe_instances_reserved", "krewe_reservations_bypassed", "krewe_instances_unreached" })
            {
                await Eventually.ReadAsync(() => silo.GaugeAsync(gauge), value => value == 0, TimeSpan.FromSeconds(15), $"{gauge} of {silo.Process.Id} to be 0");
            }

            await Eventually.TrueAsync(
                async () => (await silo.InstancesAsync(Pool)).All(one => one.GetProperty("reserved").GetProperty("requests").GetInt32() == 0), what: $"{silo.Process.Id} to see nothing reserved");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }

        if (Redis is not null)
        {
            await Redis.DisposeAsync();
        }

        await PostgreSql.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public string PoolsFile => Path.Combine(_folder, "pools.json");

    private async Task StartEnginesAsync(int engines, int tokenMs)
    {
        var names = Enumerable.Range(1, engines).Select(number => string.Create(CultureInfo.InvariantCulture, $"m{number}")).ToList();
        _engines.AddRange(names.Select(name => ChildProcess.StartDotnet(
            BuildOutput.Assembly("src/Krewe.EngineSim"),
            ["--name", name, "--role", "mixed", "--model", Model, "--fixed-ttft-ms", "20", "--step-ms", tokenMs.ToString(CultureInfo.InvariantCulture)],
            ClusterSiloProcess.Quick)));
        var urls = await Task.WhenAll(_engines.Select(engine => engine.UrlAsync("is ready: ", TimeSpan.FromSeconds(60))));
        var declared = names.Zip(urls, (name, url) => $$"""{"name":"{{name}}","role":"mixed","protocol":"vllm","url":"{{url.GetLeftPart(UriPartial.Authority)}}"}""");

        await File.WriteAllTextAsync(PoolsFile, $$"""{"pools":[{"name":"{{Pool}}","model":"{{Model}}","open":true,"addresses":["127.0.0.0/8"],"instances":[{{string.Join(',', declared)}}]}]}""");
    }
}
