namespace Krewe.Core.Resume;

/// <summary>The words for a <see cref="ResumeOutcome"/>.</summary>
public static class ResumeOutcomeFacts
{
    /// <summary>The value of the metric label <c>outcome</c>.</summary>
    public static string MetricTag(this ResumeOutcome outcome) => outcome switch
    {
        ResumeOutcome.Attached => "attached",
        ResumeOutcome.Relayed => "relayed",
        ResumeOutcome.Gone => "gone",
        ResumeOutcome.Missed => "missed",
        ResumeOutcome.Continued => "continued",
        ResumeOutcome.Finished => "finished",
        ResumeOutcome.Refused => "refused",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };
}
