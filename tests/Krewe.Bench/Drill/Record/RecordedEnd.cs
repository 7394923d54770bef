namespace Krewe.Bench.Drill.Record;

/// <summary>How a request ended for its client.</summary>
internal enum RecordedEnd
{
    /// <summary>It has not.</summary>
    Running,

    /// <summary>A stream up to <c>[DONE]</c>, or a whole answer.</summary>
    Completed,

    /// <summary>Another status than 200.</summary>
    Refused,

    /// <summary>The connection broke inside the answer.</summary>
    Cut,

    /// <summary>The stream ended in good order, but without <c>[DONE]</c>: to a careless client an answer that is whole.</summary>
    Truncated,

    /// <summary>No connection, or none that brought an answer.</summary>
    Unreachable,

    /// <summary>Nothing had ended it by its deadline and a second.</summary>
    Hung,

    /// <summary>The drill itself broke it off.</summary>
    Left,
}
