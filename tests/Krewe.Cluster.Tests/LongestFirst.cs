using Krewe.Cluster.Tests;
using Krewe.Cluster.Tests.Processes;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace Krewe.Cluster.Tests;

/// <summary>Begins with what takes longest: whatever is short fills the rest.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = [SharedCluster.Name, nameof(UpgradeScriptTests), nameof(StoreProcessTests)];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => Array.FindIndex(Long, name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal)) is var at and >= 0 ? at : Long.Length)];
}
