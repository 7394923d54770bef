using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Routing;
using Krewe.Fleet.Instances;
using Krewe.Simulation.Running;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Checks;

/// <summary>What an instance's books hold is what was reserved and not given back (S10): kept a second time here, from the calls that arrived.</summary>
internal sealed class BooksCheck(SimulationClock clock, Findings findings, SimSilo silo)
{
    private static readonly TimeSpan Expires = LedgerOptions.Default.AssertLimit;

    // Expiry is looked at once a second.
    private static readonly TimeSpan Expired = Expires + TimeSpan.FromMilliseconds(1200);

    private readonly Dictionary<string, Books> _books = [];

    public void OnView(string name, InstanceView view)
    {
        findings.Require(view.Load is { ReservedRequests: >= 0, ReservedTokens: >= 0, ExternalRequests: >= 0 }, "S10 books are never negative", () => $"{name}: {view.Load}");
        var books = Of(name);
        books.IsChanged = true;
        Confirm(books, view);
    }

    public void OnBound(string name, BindCommand command)
    {
        var books = Of(name);
        books.IsChanged = true;
        // The same call again renews nothing.
        books.Held.TryAdd(command.Leg, (command.Epoch, clock.Elapsed, silo.StoodStill));
        findings.Require(!books.Released.Contains(command.Leg), "S10 no reservation follows its release", () => $"{command.Leg} on {name}");
    }

    public void OnReleased(string name, ReleaseCommand command)
    {
        var books = Of(name);
        books.IsChanged = true;
        books.Released.Add(command.Leg);
        if (books.Held.TryGetValue(command.Leg, out var held) && held.Epoch == command.Epoch)
        {
            books.Held.Remove(command.Leg);
        }
    }

    public void OnAsserted(string name, AssertCommand command)
    {
        var books = Of(name);
        if (books.Confirmed != command.Epoch)
        {
            return;
        }

        foreach (var held in command.Legs)
        {
            if (!books.Released.Contains(held.Leg))
            {
                books.IsChanged = true;
                books.Held[held.Leg] = (command.Epoch, clock.Elapsed, silo.StoodStill);
            }
        }
    }

    public void OnSettled(ViewWatch watch)
    {
        foreach (var (name, books) in _books)
        {
            if (books.IsChanged && watch.View(name) is { } view)
            {
                books.IsChanged = false;
                // Its actor's own word: what the silo counts beyond that is no instance's book.
                Compare(name, silo.Services.Reach.Word(view));
            }
        }
    }

    /// <summary>What an instance says that it holds, and what it must hold.</summary>
    public void Compare(string name, InstanceView view)
    {
        var books = Of(name);
        Confirm(books, view);
        if (silo.HadTwin && view.Epoch != books.Confirmed)
        {
            // Whether this epoch is confirmed may be what the other activation stored.
            return;
        }

        var (least, most) = (0, 0);
        foreach (var (_, (epoch, at, stoodStill)) in books.Held)
        {
            var age = clock.Elapsed - at;
            if (epoch == books.Confirmed && age < Expired + (silo.StoodStill - stoodStill))
            {
                most++;
                least += age < Expires ? 1 : 0;
            }
        }

        findings.Require(
            view.Load.ReservedRequests >= least && view.Load.ReservedRequests <= most,
            "S10 books are the sum of what is held",
            () => $"{name} in epoch {view.Epoch} says {view.Load.ReservedRequests}, and holds {(least == most ? $"{least}" : $"{least} to {most}")}: {string.Join(", ", books.Held.Keys)}");
    }

    private static void Confirm(Books books, InstanceView view)
    {
        // An epoch begins with Joining. One that does not was taken from the store, where another life had it: its books are new.
        if (view.Liveness is Liveness.Active or Liveness.LeaseLost || (view.Liveness == Liveness.Suspect && view.Epoch != books.Joined))
        {
            books.Confirmed = view.Epoch;
        }
        else if (view.Liveness == Liveness.Joining)
        {
            books.Joined = view.Epoch;
        }
    }

    private Books Of(string name)
    {
        if (!_books.TryGetValue(name, out var books))
        {
            _books.Add(name, books = new Books());
        }

        return books;
    }

    private sealed class Books
    {
        public Dictionary<AttemptLeg, (Epoch Epoch, TimeSpan At, TimeSpan StoodStill)> Held { get; } = [];

        public HashSet<AttemptLeg> Released { get; } = [];

        /// <summary>The epoch that reservations are of: the last that was schedulable.</summary>
        public Epoch Confirmed { get; set; }

        /// <summary>The epoch that was Joining last.</summary>
        public Epoch Joined { get; set; }

        public bool IsChanged { get; set; }
    }
}
