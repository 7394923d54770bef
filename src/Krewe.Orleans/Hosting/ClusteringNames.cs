namespace Krewe.Orleans.Hosting;

/// <summary>How silos find each other, as configuration names it.</summary>
public static class ClusteringNames
{
    /// <summary>Not at all: one silo alone.</summary>
    public const string Localhost = "localhost";

    /// <summary>By a table in Redis.</summary>
    public const string Redis = "redis";

    /// <summary>By a table in PostgreSQL.</summary>
    public const string PostgreSql = "postgresql";
}
