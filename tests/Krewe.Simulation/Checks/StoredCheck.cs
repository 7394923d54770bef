using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
using Krewe.Fleet.Instances;

namespace Krewe.Simulation.Checks;

/// <summary>What is stored of instances never goes back (S13): epochs only rise, an epoch is one incarnation's, and who is stored as superseded is never stored as current again (S2).</summary>
internal sealed class StoredCheck(Findings findings)
{
    private readonly Dictionary<(string Name, Epoch Epoch), IncarnationId> _owners = [];
    private readonly Dictionary<string, Epoch> _newest = [];
    private readonly Dictionary<string, InstanceRecord> _last = [];
    private readonly HashSet<(string Name, IncarnationId Incarnation)> _superseded = [];

    /// <summary>Whether this life is durable: only then does a promise hold that outlives an outage of the store.</summary>
    public bool IsStored(string name, Epoch epoch, IncarnationId incarnation) => _owners.GetValueOrDefault((name, epoch)) == incarnation;

    /// <summary>What an instance is and what is stored of it are the same once the store has been well for a while (L11).</summary>
    public void CheckAtRest(InstanceView view)
    {
        var name = view.Id.Name.Value;
        var record = _last.GetValueOrDefault(name);
        findings.Require(
            record is not null && record.Epoch == view.Epoch && record.Liveness == view.Liveness && record.Admin == view.Admin && record.Registration?.Incarnation == view.Registration.Incarnation,
            "L11 what is stored catches up",
            () => $"{name} is {view.Registration.Incarnation} {view.Liveness}/{view.Admin} in epoch {view.Epoch}, and stored as {record?.Registration?.Incarnation} {record?.Liveness}/{record?.Admin} in epoch {record?.Epoch}");
    }

    public void OnStored(string key, InstanceDocument document)
    {
        var name = key[(key.LastIndexOf('/') + 1)..];
        var record = document.Record;
        _last[name] = record;
        findings.Require(
            record.Epoch >= _newest.GetValueOrDefault(name), "S13 what is stored never goes back", () => $"{name} was in epoch {_newest[name]} and is written with {record.Epoch}");
        _newest[name] = record.Epoch;
        if (record.Registration is not { Incarnation: var incarnation })
        {
            return;
        }

        if (!_owners.TryAdd((name, record.Epoch), incarnation))
        {
            var owner = _owners[(name, record.Epoch)];
            findings.Require(owner == incarnation, "S2 an epoch is one incarnation's", () => $"{name}: epoch {record.Epoch} was stored as {owner}'s and is stored as {incarnation}'s");
        }

        findings.Require(!_superseded.Contains((name, incarnation)), "S2 who was superseded never comes back", () => $"{name} is stored as {incarnation} again, in epoch {record.Epoch}");
        if (!record.Superseded.IsDefault)
        {
            foreach (var gone in record.Superseded)
            {
                _superseded.Add((name, gone));
            }
        }
    }
}
