namespace Krewe.Core.Requests;

/// <summary>What each <see cref="QueueReason"/> is called.</summary>
public static class QueueReasonFacts
{
    /// <summary>The word for it where a request is told of.</summary>
    public static string Word(this QueueReason reason) => reason switch
    {
        QueueReason.Turn => "turn",
        QueueReason.Room => "room",
        QueueReason.Instance => "instance",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
