namespace Krewe.Orleans.Storage;

/// <summary>The queries of <see cref="PostgreSqlSchema"/>, by the names that the providers look for.</summary>
/// <remarks>
/// Every change of the membership also moves the cluster's version, in one statement, and only from the version that the
/// silo has read: of two silos that change it at once, one is answered 0 and reads again.
/// </remarks>
internal static class PostgreSqlQueries
{
    private const string TheRecord = "service = @ServiceId AND kind = @GrainTypeString AND key = @GrainIdExtensionString";

    private const string TheSilo = "s.cluster = @DeploymentId AND s.address = @Address AND s.port = @Port AND s.generation = @Generation";

    private const string Members = """
        SELECT s.address AS Address, s.port AS Port, s.generation AS Generation, s.silo_name AS SiloName, s.host_name AS HostName,
            s.status AS Status, s.proxy_port AS ProxyPort, s.suspect_times AS SuspectTimes, s.start_time AS StartTime,
            s.alive_time AS IAmAliveTime, c.version AS Version
        """;

    public static IReadOnlyList<(string Key, string Text)> All { get; } =
    [
        ("ReadFromStorageKey", $"SELECT body AS PayloadBinary, version AS Version FROM krewe_record WHERE {TheRecord};"),
        (
            "WriteToStorageKey",
            $"""
            WITH changed AS (
                UPDATE krewe_record SET version = version + 1, body = @PayloadBinary
                    WHERE {TheRecord} AND version = @GrainStateVersion::integer
                    RETURNING version),
            made AS (
                INSERT INTO krewe_record (service, kind, key, version, body)
                    SELECT @ServiceId, @GrainTypeString, @GrainIdExtensionString, 1, @PayloadBinary WHERE @GrainStateVersion::integer IS NULL
                    ON CONFLICT DO NOTHING
                    RETURNING version)
            SELECT version AS NewGrainStateVersion FROM changed UNION ALL SELECT version FROM made;
            """),
        (
            "ClearStorageKey",
            $"""
            UPDATE krewe_record SET version = version + 1, body = NULL
                WHERE {TheRecord} AND version = @GrainStateVersion::integer
                RETURNING version AS NewGrainStateVersion;
            """),
        (
            "InsertMembershipVersionKey",
            """
            WITH made AS (INSERT INTO krewe_cluster (cluster, version) VALUES (@DeploymentId, 0) ON CONFLICT DO NOTHING RETURNING 1)
            SELECT count(*)::integer FROM made;
            """),
        (
            "InsertMembershipKey",
            $"""
            WITH moved AS (
                UPDATE krewe_cluster c SET version = c.version + 1
                    WHERE c.cluster = @DeploymentId AND c.version = @Version AND NOT EXISTS (SELECT 1 FROM krewe_silo s WHERE {TheSilo})
                    RETURNING 1),
            made AS (
                INSERT INTO krewe_silo (cluster, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_time)
                    SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM moved
                    RETURNING 1)
            SELECT count(*)::integer FROM made;
            """),
        (
            "UpdateMembershipKey",
            $"""
            WITH moved AS (
                UPDATE krewe_cluster c SET version = c.version + 1
                    WHERE c.cluster = @DeploymentId AND c.version = @Version AND EXISTS (SELECT 1 FROM krewe_silo s WHERE {TheSilo})
                    RETURNING 1),
            changed AS (
                UPDATE krewe_silo s SET status = @Status, suspect_times = @SuspectTimes::text, alive_time = @IAmAliveTime
                    FROM moved WHERE {TheSilo}
                    RETURNING 1)
            SELECT count(*)::integer FROM changed;
            """),
        ("UpdateIAmAlivetimeKey", $"UPDATE krewe_silo s SET alive_time = @IAmAliveTime WHERE {TheSilo};"),
        (
            "MembershipReadRowKey",
            $"{Members} FROM krewe_cluster c LEFT JOIN krewe_silo s ON s.cluster = c.cluster AND {TheSilo} WHERE c.cluster = @DeploymentId;"),
        ("MembershipReadAllKey", $"{Members} FROM krewe_cluster c LEFT JOIN krewe_silo s ON s.cluster = c.cluster WHERE c.cluster = @DeploymentId;"),
        ("DeleteMembershipTableEntriesKey", "DELETE FROM krewe_silo WHERE cluster = @DeploymentId;"),

        // 3: Active, as Orleans counts.
        ("CleanupDefunctSiloEntriesKey", "DELETE FROM krewe_silo WHERE cluster = @DeploymentId AND alive_time < @IAmAliveTime AND status <> 3;"),
        (
            "GatewaysQueryKey",
            "SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation FROM krewe_silo WHERE cluster = @DeploymentId AND status = @Status AND proxy_port > 0;"),
    ];
}
