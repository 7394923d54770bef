using Krewe.Core.Identity;
using Krewe.Engines.Bodies;
using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Serving;

/// <summary>What a client asks for, as it was read.</summary>
/// <param name="Id">Ours: it keys every look-up.</param>
/// <param name="IdText">The id as engines and clients read it.</param>
/// <param name="Endpoint">The call of OpenAI's API.</param>
/// <param name="Json">Its body.</param>
/// <param name="Headers">What it says beside the body.</param>
internal readonly record struct InferenceRequest(
    RequestId Id, string IdText, RequestEndpoint Endpoint, ReadOnlyMemory<byte> Json, RequestHeaders Headers)
{
    /// <summary>On whose behalf, and what that may.</summary>
    public required ClientCaller Caller { get; init; }

    /// <summary>Its tenant.</summary>
    public TenantId Tenant => Caller.Tenant;

    /// <summary>Where the caller is told what its limits leave it; null where it is not.</summary>
    public IHeaderDictionary? ResponseHeaders { get; init; }

    /// <summary>The body, where it was looked over before.</summary>
    public RequestBody? Body { get; init; }

    /// <summary>What the body's <c>stream</c> has to be, where the client's protocol knows it beforehand.</summary>
    public bool? Streams { get; init; }
}
