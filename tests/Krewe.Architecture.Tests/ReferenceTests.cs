namespace Krewe.Architecture.Tests;

/// <summary>Who may reference whom: the table of the design, section 2.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Krewe.Core"] = [],
        ["Krewe.Fleet"] = ["Krewe.Core"],
        ["Krewe.Engines"] = ["Krewe.Core"],
        ["Krewe.EngineSim"] = ["Krewe.Core"],
        ["Krewe.Agent"] = ["Krewe.Core"],
        ["Krewe.Gateway"] = ["Krewe.Fleet", "Krewe.Engines"],
        ["Krewe.Orleans"] = ["Krewe.Fleet"],
        ["Krewe.Grpc"] = ["Krewe.Gateway"],
        ["Krewe.Silo.Hosting"] = ["Krewe.Gateway", "Krewe.EngineSim"],
        ["Krewe.Silo.Local"] = ["Krewe.Silo.Hosting"],
        ["Krewe.Silo"] = ["Krewe.Silo.Hosting", "Krewe.Orleans", "Krewe.Grpc"],
        ["Krewe.Client"] = [],
        ["Krewe.Client.Grpc"] = ["Krewe.Client"],
        ["Krewe.Samples.Backend"] = ["Krewe.Client"],
        ["Krewe.Samples.Chat"] = ["Krewe.Client"],
    };

    private static readonly string[] ClusterPackages = ["Microsoft.Orleans", "Grpc", "StackExchange.Redis"];

    public static TheoryData<string> Products => [.. Repository.Projects.Where(project => !IsTest(project)).Select(project => project.Name)];

    public static TheoryData<string> All => [.. Repository.Projects.Select(project => project.Name)];

    [Theory]
    [MemberData(nameof(Products))]
    public void A_project_references_only_what_the_design_allows(string name)
    {
        Assert.True(Allowed.TryGetValue(name, out var allowed), $"{name} has no row in the table of references.");
        Assert.Empty(Find(name).References.Except(allowed!));
    }

    [Fact]
    public void Core_uses_no_package() => Assert.Empty(Find("Krewe.Core").Packages);

    [Theory]
    [MemberData(nameof(All))]
    public void Only_the_cluster_s_projects_use_the_cluster_s_packages(string name)
    {
        var used = Find(name).Packages.Where(package => ClusterPackages.Any(cluster => package.StartsWith(cluster, StringComparison.Ordinal)));
        if (name is not ("Krewe.Orleans" or "Krewe.Grpc" or "Krewe.Silo" or "Krewe.Client.Grpc" or "Krewe.Orleans.Tests" or "Krewe.Grpc.Tests" or "Krewe.Cluster.Tests"))
        {
            Assert.Empty(used);
        }
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void No_product_references_a_test(string name) =>
        Assert.DoesNotContain(Find(name).References, reference => IsTest(Repository.Projects.Single(project => project.Name == reference)));

    private static Repository.Project Find(string name) => Repository.Projects.Single(project => project.Name == name);

    private static bool IsTest(Repository.Project project) => project.Path.StartsWith("tests/", StringComparison.Ordinal);
}
