using Krewe.Engines.Buffers;

namespace Krewe.Gateway.Client;

/// <summary>A request's body, which lasts as long as the request, and counts as held for so long.</summary>
internal sealed class RequestBytes(BodyBudget budget) : IDisposable
{
    /// <summary>What was read.</summary>
    public PooledBuffer Buffer { get; } = new();

    public void Dispose()
    {
        budget.Return(Buffer.Length);
        Buffer.Dispose();
    }
}
