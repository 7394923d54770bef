using Krewe.Core.Routing;

namespace Krewe.Fleet.Requests;

/// <summary>
/// What one try at binding leaves out: who refused it, who failed this request, who failed this silo a moment ago, whose
/// actor does not answer it, and who does not go with the half that was chosen. All but the first are better than nothing: they are taken back, the
/// least grave first, where nothing else is left.
/// </summary>
internal struct BindFilter(ReadOnlyMemory<Exclusion> failed, Exclusion[] avoided, Exclusion[] unreached)
{
    private ReadOnlyMemory<Exclusion> _failed = failed;
    private Exclusion[] _avoided = avoided;
    private Exclusion[] _unreached = unreached;
    private Exclusion[] _partners = [];
    private Exclusion[] _refused = [];
    private ReadOnlyMemory<Exclusion>? _all;

    /// <summary>Whether pairs between which a transfer failed are no longer avoided.</summary>
    public bool TakesAnyPair { get; private set; }

    /// <summary>Everything left out now.</summary>
    public ReadOnlyMemory<Exclusion> Exclusions => _all ??=
        _avoided.Length + _unreached.Length + _partners.Length + _refused.Length == 0
            ? _failed
            : (Exclusion[])[.. _failed.Span, .. _avoided, .. _unreached, .. _partners, .. _refused];

    /// <summary>It was asked and takes no binding.</summary>
    public void Refused(InstanceView who) => (_refused, _all) = ([.. _refused, Of(who)], null);

    /// <summary>It does not go with the prefill half that was chosen.</summary>
    public void AvoidPartner(InstanceView decode) => (_partners, _all) = ([.. _partners, Of(decode)], null);

    /// <summary>Takes the least grave of what is left out back; false where nothing is to be gained by it.</summary>
    public bool Relax(RouteOutcome outcome)
    {
        if (outcome is not (RouteOutcome.OnlyExcluded or RouteOutcome.NoRoom))
        {
            return false;
        }

        if (_partners.Length > 0)
        {
            (_partners, TakesAnyPair) = ([], true);
        }
        else if (_unreached.Length > 0)
        {
            _unreached = [];
        }
        else if (_avoided.Length > 0)
        {
            _avoided = [];
        }
        else if (!_failed.IsEmpty && outcome == RouteOutcome.OnlyExcluded)
        {
            _failed = default;
        }
        else
        {
            return false;
        }

        _all = null;
        return true;
    }

    private static Exclusion Of(InstanceView view) => new(view.Id, view.Epoch);
}
