namespace Krewe.Core.Membership;

/// <summary>What each <see cref="TableStep"/> is called.</summary>
public static class TableStepFacts
{
    /// <summary>The value of the metric label <c>step</c>.</summary>
    public static string MetricTag(this TableStep step) => step switch
    {
        TableStep.Register => "register",
        TableStep.Raise => "raise",
        TableStep.Leave => "leave",
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, null),
    };
}
