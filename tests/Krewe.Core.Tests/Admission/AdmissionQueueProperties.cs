using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Admission;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Admission;

public sealed class AdmissionQueueProperties
{
    private const int Limit = 150;

    private enum Act
    {
        Enqueue,
        Cancel,
        Peek,
        Dequeue,
        Expire,
        Pass,
    }

    /// <summary>Many enqueues and cancels, so that the sweep of dead deadlines is reached too.</summary>
    private static readonly Gen<List<(Act Act, int Number)>> Scripts =
        (from act in Gen.Frequency(
            (40, Gen.Constant(Act.Enqueue)), (30, Gen.Constant(Act.Cancel)), (4, Gen.Constant(Act.Peek)),
            (10, Gen.Constant(Act.Dequeue)), (2, Gen.Constant(Act.Expire)), (6, Gen.Constant(Act.Pass)))
         from number in Gen.Choose(0, 400)
         select (act, number)).ListOf().Select(list => list.ToList());

    [Fact]
    public void AnyScript_BehavesAsANaiveListDoes() =>
        Prop.ForAll(Scripts.ToArbitrary(), Run).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(800));

    private static void Run(List<(Act Act, int Number)> script)
    {
        var queue = new AdmissionQueue<int>(Limit);
        var model = new List<(int Item, long Deadline, AdmissionTicket Ticket)>();
        var given = new List<AdmissionTicket>();
        var now = 0L;
        foreach (var (act, number) in script)
        {
            var expired = new List<int>();
            var expectedExpired = act is Act.Peek or Act.Dequeue or Act.Expire
                ? model.Where(entry => entry.Deadline <= now).OrderBy(entry => entry.Deadline).Select(entry => entry.Item).ToList()
                : [];
            switch (act)
            {
                case Act.Enqueue:
                    var taken = queue.TryEnqueue(given.Count, new Monotonic(now + number), out var ticket);
                    Assert.Equal(model.Count < Limit, taken);
                    if (taken)
                    {
                        Assert.DoesNotContain(ticket, given);
                        model.Add((given.Count, now + number, ticket));
                        given.Add(ticket);
                    }

                    break;
                case Act.Cancel when given.Count > 0:
                    // Of tickets long gone as well as of waiting ones; rather the newer.
                    var cancelled = given[Math.Max(0, given.Count - 1 - (number % 60))];
                    Assert.Equal(model.RemoveAll(entry => entry.Ticket == cancelled) == 1, queue.Cancel(cancelled));
                    break;
                case Act.Peek:
                    model.RemoveAll(entry => entry.Deadline <= now);
                    Assert.Equal(model.Count > 0, queue.TryPeek(new Monotonic(now), expired, out var peeked, out var peekedTicket));
                    Assert.Equal(model.Select(entry => (entry.Item, entry.Ticket)).FirstOrDefault(), (peeked, peekedTicket));
                    break;
                case Act.Dequeue:
                    model.RemoveAll(entry => entry.Deadline <= now);
                    Assert.Equal(model.Count > 0, queue.TryDequeue(new Monotonic(now), expired, out var dequeued));
                    Assert.Equal(model.Select(entry => entry.Item).FirstOrDefault(), dequeued);
                    model.RemoveRange(0, Math.Min(1, model.Count));
                    break;
                case Act.Expire:
                    Assert.Equal(model.RemoveAll(entry => entry.Deadline <= now), queue.Expire(new Monotonic(now), expired));
                    break;
                case Act.Pass:
                    now += number / 4;
                    break;
            }

            Assert.Equal(expectedExpired, expired);
            Assert.Equal(model.Count, queue.Count);
            Assert.Equal(model.Count == 0 ? null : new Monotonic(model.Min(entry => entry.Deadline)), queue.NextExpiry);
        }
    }
}
