namespace Krewe.Cluster.Tests.Silos;

/// <summary>Spoils one silo's calls of its own actors to others, as a test says.</summary>
/// <param name="faulty">What befalls the call of this name.</param>
internal sealed class CallFaults(Func<string, CallFault> faulty) : IOutgoingGrainCallFilter
{
    // Longer than any wait for an answer.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(1.5);

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        switch (faulty($"{context.InterfaceName.Split('.')[^1]}.{context.MethodName}"))
        {
            case CallFault.Throws:
                throw new OrleansException("The call is made to fail.");
            case CallFault.Hangs:
                await new TaskCompletionSource().Task;
                break;
            case CallFault.LosesAnswer:
                await context.Invoke();
                await new TaskCompletionSource().Task;
                break;
            case CallFault.IsLate:
                await Task.Delay(Late);
                await context.Invoke();
                break;
            default:
                await context.Invoke();
                break;
        }
    }
}
