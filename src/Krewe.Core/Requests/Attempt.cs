using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Time;

namespace Krewe.Core.Requests;

/// <summary>One try of a request, as its life cycle books it.</summary>
public sealed class Attempt
{
    internal Attempt(AttemptId id, Binding binding, Monotonic boundAt)
    {
        Id = id;
        Binding = binding;
        BoundAt = boundAt;
    }

    public AttemptId Id { get; }

    public Binding Binding { get; internal set; }

    public Monotonic BoundAt { get; }

    public Monotonic? PrefillStartedAt { get; internal set; }

    public Monotonic? PrefillDoneAt { get; internal set; }

    /// <summary>When the first output came; from then on a streaming client may have seen some of it.</summary>
    public Monotonic? FirstTokenAt { get; internal set; }

    public Monotonic? EndedAt { get; internal set; }

    /// <summary>Output tokens passed on to the client.</summary>
    public long TokensSent { get; internal set; }

    /// <summary>Why it ended; null while it runs.</summary>
    public AttemptCause? Cause { get; internal set; }

    /// <summary>The half that failed.</summary>
    public LegKind? FailedLeg { get; internal set; }
}
