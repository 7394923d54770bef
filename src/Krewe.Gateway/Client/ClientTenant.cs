using Krewe.Core.Identity;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>On whose behalf a call of the client port is made: the one place that says so.</summary>
internal static class ClientTenant
{
    public static TenantId Of(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return TenantId.Anonymous;
    }
}
