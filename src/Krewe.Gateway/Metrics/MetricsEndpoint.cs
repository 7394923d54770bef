using Krewe.Engines.Buffers;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Metrics;

/// <summary><c>GET /metrics</c>.</summary>
internal sealed class MetricsEndpoint(PrometheusExposition exposition)
{
    public async ValueTask<ApiError?> GetAsync(HttpContext http)
    {
        using var page = new PooledBuffer();
        exposition.Write(page);
        http.Response.ContentType = PrometheusExposition.ContentType;
        http.Response.ContentLength = page.Length;
        await http.Response.Body.WriteAsync(page.Memory, http.RequestAborted);
        return null;
    }
}
