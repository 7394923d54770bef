namespace Krewe.Fleet.Instances;

/// <param name="Action">What to do.</param>
/// <param name="DrainWithin">For a drain: how long running requests may take before they are moved.</param>
public sealed record AdminCommand(AdminAction Action, TimeSpan DrainWithin = default);
