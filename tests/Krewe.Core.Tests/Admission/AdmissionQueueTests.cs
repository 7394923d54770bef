using Krewe.Core.Admission;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Admission;

public sealed class AdmissionQueueTests
{
    private readonly List<string> _expired = [];

    [Fact]
    public void TryEnqueue_AtTheLimit_RefusesUntilOneHasLeft()
    {
        var queue = new AdmissionQueue<string>(2);
        Assert.True(queue.TryEnqueue("a", At(10), out var a));
        Assert.True(queue.TryEnqueue("b", At(10), out _));
        Assert.False(queue.TryEnqueue("c", At(10), out var refused));
        Assert.Equal(default, refused);
        Assert.False(queue.Cancel(refused));
        Assert.True(queue.Cancel(a));
        Assert.True(queue.TryEnqueue("c", At(10), out _));
        Assert.Equal(2, queue.Count);
    }

    [Fact]
    public void TryEnqueue_LimitZero_LetsNobodyWait() => Assert.False(new AdmissionQueue<string>(0).TryEnqueue("a", At(1), out _));

    [Fact]
    public void Limit_LoweredWhileItemsWait_KeepsThemAndRefusesNewOnes()
    {
        var queue = Queue(("a", 9), ("b", 9), ("c", 9));
        queue.Limit = 1;
        Assert.Equal(3, queue.Count);
        Assert.True(queue.TryDequeue(At(0), _expired, out _) && queue.TryDequeue(At(0), _expired, out _));
        Assert.False(queue.TryEnqueue("d", At(9), out _));
        Assert.True(queue.TryDequeue(At(0), _expired, out var last));
        Assert.Equal("c", last);
    }

    [Fact]
    public void TryDequeue_SomeExpired_SkipsAndReportsThem()
    {
        var queue = Queue(("a", 3), ("b", 9), ("c", 2), ("d", 9));
        Assert.True(queue.TryDequeue(At(3), _expired, out var item));
        Assert.Equal("b", item);
        Assert.Equal(["c", "a"], _expired);
        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public void TryDequeue_AtTheVeryDeadline_IsTooLate()
    {
        var queue = Queue(("a", 3));
        Assert.False(queue.TryDequeue(At(3), _expired, out _));
        Assert.Equal(["a"], _expired);
    }

    [Fact]
    public void TryPeek_LeavesTheItemInItsPlaceAndNamesItsTicket()
    {
        var queue = Queue(("a", 9), ("b", 9));
        Assert.True(queue.TryPeek(At(0), _expired, out var first, out var ticket));
        Assert.True(queue.TryPeek(At(0), _expired, out var again, out _));
        Assert.Equal(("a", "a", 2), (first, again, queue.Count));
        Assert.True(queue.Cancel(ticket));
        Assert.False(queue.Cancel(ticket));
        Assert.True(queue.TryDequeue(At(0), _expired, out var next));
        Assert.Equal("b", next);
    }

    [Fact]
    public void NextExpiry_IsTheEarliestDeadlineOfThoseThatWait()
    {
        var queue = Queue(("a", 5), ("b", 9));
        Assert.True(queue.TryEnqueue("c", At(2), out var c));
        Assert.Equal(At(2), queue.NextExpiry);
        queue.Cancel(c);
        Assert.Equal(At(5), queue.NextExpiry);
        Assert.Equal(1, queue.Expire(At(5), _expired));
        Assert.Equal(At(9), queue.NextExpiry);
        Assert.True(queue.TryDequeue(At(5), _expired, out _));
        Assert.Null(queue.NextExpiry);
    }

    [Fact]
    public void Cancel_LeftItem_IsNotKeptAlive()
    {
        var queue = new AdmissionQueue<object>(10);
        var left = EnqueueAndCancel(queue);
        GC.Collect();
        Assert.False(left.IsAlive);
        Assert.Equal(0, queue.Count);
    }

    // Apart, so that no local of the test keeps the item alive.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference EnqueueAndCancel(AdmissionQueue<object> queue)
    {
        var item = new object();
        Assert.True(queue.TryEnqueue(item, At(9), out var ticket));
        Assert.True(queue.Cancel(ticket));
        return new WeakReference(item);
    }

    private static AdmissionQueue<string> Queue(params (string Item, int Deadline)[] items)
    {
        var queue = new AdmissionQueue<string>(100);
        foreach (var (item, deadline) in items)
        {
            Assert.True(queue.TryEnqueue(item, At(deadline), out _));
        }

        return queue;
    }

    private static Monotonic At(int ticks) => new(ticks);
}
