using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Requests;
using Krewe.Core.Routing;

namespace Krewe.Simulation.Checks;

/// <summary>Epochs only rise and belong to one incarnation each; who was superseded never comes back (S2); books of load belong to who is current (S1, S3).</summary>
/// <remarks>An activation that the store did not answer begins anew, and what it promises is provisional: only lives that are stored are held to it.</remarks>
internal sealed class FenceCheck(Findings findings, StoredCheck stored)
{
    private readonly Dictionary<(string Name, Epoch Epoch), IncarnationId> _owners = [];
    private readonly Dictionary<string, Epoch> _newest = [];
    // By number: a process is the same under whatever incarnation it comes.
    private readonly Dictionary<string, HashSet<int>> _superseded = [];

    public bool IsSuperseded(string name, IncarnationId incarnation) => _superseded.GetValueOrDefault(name)?.Contains(Ordinal(incarnation)) == true;

    /// <summary>A registration was answered with this epoch.</summary>
    public void OnRegistered(string name, Epoch epoch, IncarnationId incarnation) => Own(name, epoch, incarnation);

    /// <summary>A request was bound: to the incarnation whose epoch it names (S4).</summary>
    public void OnBinding(InstanceBinding half)
    {
        var name = half.Instance.Name.Value;
        if (_owners.TryGetValue((name, half.Epoch), out var owner) && stored.IsStored(name, half.Epoch, owner))
        {
            findings.Require(owner == half.Incarnation, "S4 a binding names who it is to", () => $"{name}: epoch {half.Epoch} is {owner}'s and the binding says {half.Incarnation}");
        }
    }

    public void OnView(string name, InstanceView? before, InstanceView after)
    {
        var incarnation = after.Registration.Incarnation;
        Own(name, after.Epoch, incarnation);
        findings.Require(
            !_newest.TryGetValue(name, out var newest) || after.Epoch >= newest, "S2 epochs only rise", () => $"{name} went from epoch {newest} to {after.Epoch}");
        _newest[name] = after.Epoch;
        if (before?.Epoch != after.Epoch)
        {
            findings.Require(!IsSuperseded(name, incarnation), "S2 who was superseded never comes back", () => $"{name} is {incarnation} again, in epoch {after.Epoch}");
        }

        if (after.Liveness is Liveness.Active or Liveness.LeaseLost && stored.IsStored(name, after.Epoch, incarnation))
        {
            Supersede(name, after);
        }

        // While a takeover is provisional the load is still the old incarnation's.
        if (after.Liveness is Liveness.Active && after.Load.Reported.MaxTtftMs is var told && told != 0)
        {
            findings.Require(
                (int)told == Ordinal(incarnation), "S1 load is booked on who reported it", () => $"{name}: {incarnation} is current and the load is of process {told}");
        }
    }

    /// <summary>The number of a process, which its load reports carry.</summary>
    public static int Ordinal(IncarnationId incarnation) =>
        int.Parse(incarnation.Value.AsSpan(incarnation.Value.LastIndexOf('.') + 1), System.Globalization.CultureInfo.InvariantCulture);

    private void Own(string name, Epoch epoch, IncarnationId incarnation)
    {
        if (!_owners.TryAdd((name, epoch), incarnation))
        {
            var owner = _owners[(name, epoch)];
            if (owner != incarnation && !stored.IsStored(name, epoch, owner))
            {
                _owners[(name, epoch)] = owner = incarnation;
            }

            findings.Require(owner == incarnation, "S2 an epoch is one incarnation's", () => $"{name}: epoch {epoch} was {owner}'s and is {incarnation}'s");
        }
    }

    // Confirmed: whoever had the name before is out for good.
    private void Supersede(string name, InstanceView confirmed)
    {
        foreach (var ((of, epoch), incarnation) in _owners)
        {
            if (of == name && epoch < confirmed.Epoch && incarnation != confirmed.Registration.Incarnation && stored.IsStored(name, epoch, incarnation))
            {
                if (!_superseded.TryGetValue(name, out var gone))
                {
                    _superseded.Add(name, gone = []);
                }

                gone.Add(Ordinal(incarnation));
            }
        }
    }
}
