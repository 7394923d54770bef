using System.Text.RegularExpressions;

namespace Krewe.Architecture.Tests.Deployment;

/// <summary>What deployments say of silos is what silos know.</summary>
public sealed partial class DeployTests
{
    private static readonly string Reference = DeployFolder.Source("silo/README.md");

    private static readonly string[] Faults =
    [
        "silo-dead", "silo-hung", "redis-gone", "redis-emptied", "postgres-gone", "partition", "all-silos-dead", "blindness", "pool-degraded", "pool-down", "bypass",
    ];

    [Fact]
    public void Every_yaml_file_parses()
    {
        var files = DeployFolder.Files("*.yaml").ToList();
        Assert.True(files.Count > 8);
        Assert.All(files, file => Assert.All(Yaml.Read(file), document => Assert.True(document.Exists)));
    }

    [Fact]
    public void Every_option_that_is_set_is_one_that_there_is()
    {
        var set = DeployFolder.Files("*").SelectMany(file => EnvironmentKey().Matches(File.ReadAllText(file)).Select(match => match.Value)).Distinct().ToList();
        Assert.True(set.Count > 15);
        Assert.All(set, name => Assert.True(IsOption(name.Replace("__", ":", StringComparison.Ordinal)), $"{name} is not in silo/README.md."));
    }

    [Fact]
    public void Every_option_that_the_runbook_names_is_one_that_there_is()
    {
        var named = DeployFolder.Files("*.md").SelectMany(file => Option().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).Where(name => !name.EndsWith('*')).Distinct();
        Assert.All(named, name => Assert.True(IsOption(name), $"{name} is not in silo/README.md."));
    }

    [Fact]
    public void Every_metric_that_the_runbook_names_is_one_that_there_is()
    {
        var known = MetricRow().Matches(DeployFolder.Source("deploy/observability/README.md")).Select(match => match.Groups[1].Value.Replace('.', '_')).ToHashSet();
        Assert.True(known.Count > 20);
        var named = DeployFolder.Files("*.md").Concat(DeployFolder.Files("autoscaling.yaml"))
            .Where(file => !file.Contains("/observability/", StringComparison.Ordinal))
            .SelectMany(file => Metric().Matches(File.ReadAllText(file)).Select(match => match.Value)).Distinct().ToList();
        Assert.True(named.Count > 8);
        Assert.All(named, name => Assert.True(known.Contains(name) || known.Contains(Suffix().Replace(name, "")), $"{name} is not in deploy/observability/README.md."));
    }

    [Fact]
    public void Every_alert_that_the_runbook_names_is_one_that_there_is()
    {
        var known = Yaml.Read(Path.Combine(DeployFolder.Root, "observability", "krewe-alerts.yaml"))
            .SelectMany(document => document.All()).Select(one => one["alert"].Text).Where(name => name.Length > 0).ToHashSet();
        var named = DeployFolder.Files("*.md").Where(file => file.Contains("/runbook/", StringComparison.Ordinal))
            .SelectMany(file => Alert().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).ToList();
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(name, known));
    }

    [Fact]
    public void Every_path_and_port_that_is_probed_is_served()
    {
        var port = DeployFolder.Source("src/Krewe.Gateway/Client/ClientPort.cs");
        Assert.All(["/livez", "/readyz"], path => Assert.Contains($"\"{path}\"", port, StringComparison.Ordinal));
        var settings = DeployFolder.Source("silo/Krewe.Silo.Hosting/Commands/SiloSettings.cs");
        Assert.All(["ClientPort { get; init; } = 8080", "ControlPort { get; init; } = 8081", "GrpcPort { get; init; } = 8082"], text => Assert.Contains(text, settings, StringComparison.Ordinal));
        Assert.Contains("EXPOSE 8080 8081 8082 11111", DeployFolder.Read("container/Dockerfile"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_command_line_option_that_is_used_is_one_that_there_is()
    {
        var known = DeployFolder.Source("silo/Krewe.Silo.Hosting/Commands/SiloCommand.cs") + DeployFolder.Source("src/Krewe.EngineSim/Cli/SimCommand.cs");
        var compose = Yaml.Read(Path.Combine(DeployFolder.Root, "compose", "compose.yaml"))[0];
        var used = compose["services"].Entries
            .Where(service => service.Value["image"].Text.StartsWith("krewe/", StringComparison.Ordinal))
            .SelectMany(service => service.Value["command"].Texts)
            .Concat(DeployFolder.Kubernetes.SelectMany(document => document.All()).Where(one => one["image"].Text.StartsWith("krewe/", StringComparison.Ordinal)).SelectMany(one => one["args"].Texts))
            .Where(text => text.StartsWith("--", StringComparison.Ordinal)).Distinct().ToList();
        Assert.Contains("--migrate", used);
        Assert.All(used, option => Assert.Contains($"\"{option}\"", known, StringComparison.Ordinal));
    }

    [Fact]
    public void The_images_are_made_of_what_there_is()
    {
        var file = DeployFolder.Read("container/Dockerfile");
        foreach (var project in PublishedProject().Matches(file).Select(match => match.Groups[1].Value))
        {
            Assert.True(File.Exists(Path.Combine(Repository.Root, project)), project);
        }

        foreach (var source in CopiedSource().Matches(file).SelectMany(match => match.Groups[1].Value.Split(' ')[..^1]))
        {
            Assert.True(Path.Exists(Path.Combine(Repository.Root, source)), source);
        }

        Assert.All(["Krewe.Silo.dll", "Krewe.EngineSim.dll"], assembly => Assert.Contains(assembly, file, StringComparison.Ordinal));
        Assert.Matches(@"\nARG RUNTIME=\S+chiseled(@\S+)?\n[\s\S]*FROM \$RUNTIME AS runtime[\s\S]*USER \d+:\d+", file);
        Assert.DoesNotMatch("USER (root|0)", file);
    }

    [Fact]
    public void Each_fault_has_a_page_of_three_parts_that_the_runbook_leads_to()
    {
        var index = DeployFolder.Read("README.md");
        Assert.Equal(Faults.Order(StringComparer.Ordinal), Directory.GetFiles(Path.Combine(DeployFolder.Root, "runbook")).Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal));
        foreach (var fault in Faults)
        {
            Assert.Contains($"(runbook/{fault}.md)", index, StringComparison.Ordinal);
            var page = DeployFolder.Read($"runbook/{fault}.md");
            Assert.Equal(["What you see", "What Krewe does by itself", "What you do"], Heading().Matches(page).Select(match => match.Groups[1].Value));
        }
    }

    [Fact]
    public void Every_link_leads_somewhere()
    {
        foreach (var file in DeployFolder.Files("*.md"))
        {
            foreach (var target in Link().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value).Where(target => !target.Contains("://", StringComparison.Ordinal)))
            {
                Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(file)!, target.Split('#')[0])), $"{Repository.Relative(file)}: {target}");
            }
        }
    }

    [Fact]
    public void The_unit_stops_a_silo_as_it_wants_to_be_stopped()
    {
        var unit = DeployFolder.Read("systemd/krewe@.service");
        string Value(string key) => Regex.Match(unit, $"^{key}=(.*)$", RegexOptions.Multiline, TimeSpan.FromSeconds(5)).Groups[1].Value;
        Assert.True(DeployFolder.Seconds(Value("TimeoutStopSec")) > 5 + 30);
        Assert.Equal("SIGTERM", Value("KillSignal"));
        Assert.EndsWith("Krewe.Silo.dll", Value("ExecStart"), StringComparison.Ordinal);
        Assert.Contains($"UsageError = {Value("RestartPreventExitStatus")};", DeployFolder.Source("silo/Krewe.Silo.Hosting/Composition/SiloRunner.cs"), StringComparison.Ordinal);
        Assert.Contains("\"KREWE_SECRETS\"", DeployFolder.Source("silo/Krewe.Silo.Hosting/Composition/SiloConfiguration.cs"), StringComparison.Ordinal);
    }

    /// <summary>In the reference, written out, or as a further key of a row whose first is its neighbour.</summary>
    private static bool IsOption(string key)
    {
        var last = key.LastIndexOf(':');
        return Reference.Contains($"`{key}`", StringComparison.Ordinal)
            || Reference.Contains($"`{key}:0", StringComparison.Ordinal)
            || Reference.Split('\n').Any(line => line.Contains($"`{key[..(last + 1)]}", StringComparison.Ordinal) && line.Contains($"`{key[last..]}`", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\bKrewe(__[A-Za-z0-9]+)+")]
    private static partial Regex EnvironmentKey();

    [GeneratedRegex(@"`(Krewe:[A-Za-z0-9:*]+)`")]
    private static partial Regex Option();

    [GeneratedRegex(@"^\| `((?:krewe|gen_ai)\.[a-z_.]+)`", RegexOptions.Multiline)]
    private static partial Regex MetricRow();

    [GeneratedRegex(@"\b(krewe|gen_ai)_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("`(Krewe[A-Z][A-Za-z]+)`")]
    private static partial Regex Alert();

    [GeneratedRegex("_(total|seconds|seconds_total)$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"publish (\S+\.csproj)")]
    private static partial Regex PublishedProject();

    [GeneratedRegex(@"^COPY (?!--from)(.+)$", RegexOptions.Multiline)]
    private static partial Regex CopiedSource();

    [GeneratedRegex(@"^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();
}
