namespace Krewe.Core.Requests;

/// <summary>One half of a binding, for people.</summary>
public sealed record BindingHalfDescription(string Name, long Epoch, string Incarnation)
{
    internal static BindingHalfDescription Of(InstanceBinding half) =>
        new(half.Instance.Name.Value, half.Epoch.Value, half.Incarnation.Value);
}
