namespace Krewe.Architecture.Tests.Deployment;

/// <summary>The manifests fit together, and hold what silos need.</summary>
public sealed class KubernetesTests
{
    private static readonly List<Yaml> Workloads =
        [.. DeployFolder.Kubernetes.Where(document => document["kind"].Text is "Deployment" or "StatefulSet" or "Job")];

    private static readonly Yaml Silo = Workloads.Single(document => document["kind"].Text == "Deployment");

    private static Yaml SiloContainer => Silo["spec/template/spec/containers"].Items.Single();

    [Fact]
    public void Everything_has_a_kind_a_version_a_name_and_the_namespace()
    {
        Assert.True(DeployFolder.Kubernetes.Count > 20);
        Assert.All(DeployFolder.Kubernetes, document =>
        {
            Assert.True(document["apiVersion"].Exists && document["kind"].Exists && document["metadata/name"].Exists);
            Assert.True(document["kind"].Text == "Namespace" || document["metadata/namespace"].Text == "krewe", document["metadata/name"].Text);
        });
        Assert.Distinct(DeployFolder.Kubernetes.Select(document => $"{document["kind"]} {document["metadata/name"]}"));
    }

    [Fact]
    public void Every_selector_selects_pods_that_there_are()
    {
        var pods = Workloads.Select(workload => Labels(workload["spec/template/metadata/labels"])).ToList();
        var selectors = DeployFolder.Kubernetes
            .SelectMany(document => new[]
            {
                document["kind"].Text == "Service" ? document["spec/selector"] : Yaml.None,
                document["kind"].Text is "Deployment" or "StatefulSet" or "PodDisruptionBudget" ? document["spec/selector/matchLabels"] : Yaml.None,
                document["spec/podSelector/matchLabels"],
            })
            .Concat(DeployFolder.Kubernetes.SelectMany(document => document.All()).Select(one => one["podSelector/matchLabels"]))
            .Where(selector => selector.Exists)
            .ToList();
        Assert.True(selectors.Count > 20);
        Assert.All(selectors, selector => Assert.True(pods.Any(pod => Labels(selector).All(label => pod.Contains(label))), string.Join(' ', Labels(selector))));
    }

    [Fact]
    public void Every_reference_leads_to_something()
    {
        var named = DeployFolder.Kubernetes.Select(document => $"{document["kind"]} {document["metadata/name"]}").ToHashSet();
        foreach (var one in Workloads.SelectMany(workload => workload.All()))
        {
            Check("Secret", one["secret/secretName"]);
            Check("ConfigMap", one["configMap/name"]);
            Check("Secret", one["secretKeyRef/name"]);
        }

        Assert.All(Workloads, workload => Check("Service", workload["spec/serviceName"]));
        var scaled = DeployFolder.Kubernetes.Single(document => document["kind"].Text == "HorizontalPodAutoscaler")["spec/scaleTargetRef"];
        Assert.Contains($"{scaled["kind"]} {scaled["name"]}", named);
        foreach (var workload in Workloads)
        {
            var volumes = workload["spec/template/spec/volumes"].Items.Select(volume => volume["name"].Text)
                .Concat(workload["spec/volumeClaimTemplates"].Items.Select(claim => claim["metadata/name"].Text)).ToHashSet();
            foreach (var container in workload["spec/template/spec/containers"].Items)
            {
                Assert.All(container["volumeMounts"].Items, mount => Assert.Contains(mount["name"].Text, volumes));
                var ports = container["ports"].Items.Select(port => port["name"].Text).ToHashSet();
                foreach (var probe in new[] { "livenessProbe", "readinessProbe", "startupProbe" })
                {
                    var port = container[$"{probe}/httpGet/port"].Exists ? container[$"{probe}/httpGet/port"] : container[$"{probe}/tcpSocket/port"];
                    Assert.True(!port.Exists || ports.Contains(port.Text), $"{workload["metadata/name"]}: {probe}");
                }
            }
        }

        foreach (var service in DeployFolder.Kubernetes.Where(document => document["kind"].Text == "Service"))
        {
            var selected = Workloads.Where(workload => Labels(service["spec/selector"]).All(Labels(workload["spec/template/metadata/labels"]).Contains)).ToList();
            var ports = selected.SelectMany(workload => workload["spec/template/spec/containers"].Items).SelectMany(container => container["ports"].Items).Select(port => port["name"].Text).ToHashSet();
            Assert.All(service["spec/ports"].Items, port => Assert.Contains(port["targetPort"].Text, ports));
        }

        void Check(string kind, Yaml name)
        {
            if (name.Exists)
            {
                Assert.Contains($"{kind} {name}", named);
            }
        }
    }

    [Fact]
    public void What_is_ours_or_a_store_runs_without_rights_on_a_root_that_is_read_only()
    {
        var restricted = Workloads.Where(workload => !workload["metadata/name"].Text.StartsWith("vllm-", StringComparison.Ordinal)).ToList();
        Assert.Equal(4, restricted.Count);
        foreach (var workload in restricted)
        {
            var pod = workload["spec/template/spec"];
            Assert.Equal(("true", "RuntimeDefault", "false"), (pod["securityContext/runAsNonRoot"].Text, pod["securityContext/seccompProfile/type"].Text, pod["automountServiceAccountToken"].Text));
            Assert.NotEqual("0", pod["securityContext/runAsUser"].Text);
            foreach (var container in pod["containers"].Items)
            {
                Assert.Equal(("false", "true"), (container["securityContext/allowPrivilegeEscalation"].Text, container["securityContext/readOnlyRootFilesystem"].Text));
                Assert.Equal(["ALL"], container["securityContext/capabilities/drop"].Texts);
                Assert.True(container["resources/requests/memory"].Exists && container["resources/limits/memory"].Exists);
            }
        }
    }

    [Fact]
    public void Silos_are_probed_drained_and_never_all_gone()
    {
        Assert.Equal(("/livez", "/readyz", "/livez"), (SiloContainer["livenessProbe/httpGet/path"].Text, SiloContainer["readinessProbe/httpGet/path"].Text, SiloContainer["startupProbe/httpGet/path"].Text));
        Assert.True(DeployFolder.Seconds(SiloContainer["readinessProbe/periodSeconds"].Text) < DeployFolder.Seconds(Environment("Krewe__Shutdown__Settle")));
        var needed = DeployFolder.Seconds(SiloContainer["lifecycle/preStop/sleep/seconds"].Text)
            + DeployFolder.Seconds(Environment("Krewe__Shutdown__Settle"))
            + DeployFolder.Seconds(Environment("Krewe__Shutdown__Grace"));
        Assert.True(DeployFolder.Seconds(Silo["spec/template/spec/terminationGracePeriodSeconds"].Text) > needed);
        Assert.Equal("0", Silo["spec/strategy/rollingUpdate/maxUnavailable"].Text);
        Assert.True(int.Parse(Silo["spec/replicas"].Text, System.Globalization.CultureInfo.InvariantCulture) >= 3);
        var budget = DeployFolder.Kubernetes.Single(document => document["kind"].Text == "PodDisruptionBudget" && document["metadata/name"].Text == "krewe");
        Assert.Equal("1", budget["spec/maxUnavailable"].Text);
        Assert.False(SiloContainer["resources/limits/cpu"].Exists);
        Assert.Contains(DeployFolder.Kubernetes, document => document["kind"].Text == "Job" && document["spec/template/spec/containers"].Items.Single()["args"].Texts.Contains("--migrate"));
    }

    [Fact]
    public void Mounted_files_are_where_silos_look_for_them()
    {
        var mounts = SiloContainer["volumeMounts"].Items.Select(mount => mount["mountPath"].Text).ToList();
        Assert.All(["KREWE_SECRETS", "Krewe__PoolsFile", "Krewe__Client__KeysFile", "Krewe__Control__TokensFile"], key => Assert.Contains(mounts, mount => Environment(key).StartsWith(mount, StringComparison.Ordinal)));
        Assert.Contains("/data", mounts);
    }

    [Fact]
    public void The_pools_are_valid_and_their_engines_are_pods_that_there_are()
    {
        var config = DeployFolder.Kubernetes.Single(document => document["kind"].Text == "ConfigMap");
        var pool = Assert.Single(DeployFolder.Pools(config["data/pools.json"].Text));
        var sets = Workloads.Where(workload => workload["metadata/name"].Text.StartsWith("vllm-", StringComparison.Ordinal)).ToList();
        var pods = sets.SelectMany(set => Enumerable.Range(0, int.Parse(set["spec/replicas"].Text, System.Globalization.CultureInfo.InvariantCulture))
            .Select(i => $"http://{set["metadata/name"]}-{i}.{set["spec/serviceName"]}.krewe.svc.cluster.local:8000/"));
        Assert.Equal(pods.Order(StringComparer.Ordinal), pool.Instances.Select(instance => instance.Url.ToString()).Order(StringComparer.Ordinal));
        Assert.All(sets, set => Assert.Contains($"--model={pool.Model}", set["spec/template/spec/containers"].Items.Single()["args"].Texts));
    }

    [Fact]
    public void Nobody_but_silos_reaches_the_silo_port_and_nobody_but_silos_the_stores()
    {
        var policies = DeployFolder.Kubernetes.Where(document => document["kind"].Text == "NetworkPolicy").ToList();
        Assert.Contains(policies, policy => policy["metadata/name"].Text == "default-deny" && !policy["spec/ingress"].Exists);
        foreach (var (name, port, from) in new[] { ("krewe", "11111", new[] { "krewe" }), ("redis", "6379", ["krewe"]), ("postgres", "5432", ["krewe", "krewe-migrate"]) })
        {
            var rules = policies.Single(policy => policy["metadata/name"].Text == name)["spec/ingress"].Items.Where(rule => rule["ports"].Items.Any(one => one["port"].Text == port)).ToList();
            Assert.Equal(from, Assert.Single(rules)["from"].Items.Select(peer => peer["podSelector/matchLabels/app"].Text));
        }
    }

    [Fact]
    public void The_control_port_admits_agents_monitoring_and_operators_and_only_the_clients_ports_admit_everybody()
    {
        var rules = DeployFolder.Kubernetes.Single(document => document["kind"].Text == "NetworkPolicy" && document["metadata/name"].Text == "krewe")["spec/ingress"].Items.ToList();
        Assert.All(rules, rule => Assert.NotEmpty(rule["ports"].Items));
        var control = Assert.Single(rules, rule => Ports(rule).Contains("8081"));
        Assert.Equal(["8081"], Ports(control));
        Assert.Equal(
            ["app=vllm", "kubernetes.io/metadata.name=monitoring", "krewe/operators=true"],
            control["from"].Items.Select(peer => Assert.Single(peer.Entries).Value["matchLabels"].Entries.Single()).Select(label => $"{label.Key}={label.Value}"));
        Assert.Equal(["8080", "8082"], rules.Where(rule => !rule["from"].Items.Any()).SelectMany(Ports));

        // No other policy opens the silos' pods: policies add up.
        var silo = Labels(Silo["spec/template/metadata/labels"]);
        Assert.Single(DeployFolder.Kubernetes, document => document["kind"].Text == "NetworkPolicy" && document["spec/ingress"].Exists && Labels(document["spec/podSelector/matchLabels"]).All(silo.Contains));

        static IEnumerable<string> Ports(Yaml rule) => rule["ports"].Items.Select(port => port["port"].Text);
    }

    private static string Environment(string name) => SiloContainer["env"].Items.Single(variable => variable["name"].Text == name)["value"].Text;

    private static HashSet<string> Labels(Yaml labels) => [.. labels.Entries.Select(label => $"{label.Key}={label.Value}")];
}
