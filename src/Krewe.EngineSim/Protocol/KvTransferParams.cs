namespace Krewe.EngineSim.Protocol;

/// <summary>The body's <c>kv_transfer_params</c>, as NIXL's connector reads them.</summary>
internal sealed class KvTransferParams
{
    public bool DoRemoteDecode { get; set; }

    public bool DoRemotePrefill { get; set; }

    public string? RemoteEngineId { get; set; }

    public string? RemoteRequestId { get; set; }

    public string? RemoteHost { get; set; }

    public int? RemotePort { get; set; }

    /// <summary>Null: absent. Lists of lists, one per KV group, are read as one.</summary>
    public int[]? RemoteBlockIds { get; set; }

    /// <summary>Whether a decode leg can be served from it; where not, the engine computes the prompt itself and says nothing.</summary>
    public bool IsComplete => RemoteEngineId is not null && RemoteRequestId is not null && RemoteHost is not null && RemotePort is not null;
}
