namespace Krewe.Orleans.Hosting;

/// <summary>Where the state is kept, as configuration names it.</summary>
public static class StorageNames
{
    /// <summary>A file in the data folder: for one silo alone.</summary>
    public const string Sqlite = "sqlite";

    /// <summary>A PostgreSQL database, migrated beforehand.</summary>
    public const string PostgreSql = "postgresql";
}
