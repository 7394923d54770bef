namespace Krewe.Bench.Drill.Record;

/// <summary>Everything that a client saw of one request. Written by one reader; readable from any thread.</summary>
internal sealed class RequestRecord(RequestPlan plan, TimeSpan sentAt)
{
    private readonly Lock _gate = new();
    private readonly List<StreamEvent> _events = [];
    private readonly List<string> _oddities = [];
    private ChunkSource? _source;
    private string? _answerId;
    private RecordedEnd _end;

    public RequestPlan Plan { get; } = plan;

    public TimeSpan SentAt { get; } = sentAt;

    /// <summary><c>Krewe-Request-Id</c>; null before the answer's head.</summary>
    public string? Id { get; private set; }

    /// <summary>The silo that it was sent to, the last one where a balancer sent it on; null: nobody took requests.</summary>
    public string? Silo { get; private set; }

    /// <summary>Silos before that which took no connection.</summary>
    public int SentOn { get; private set; }

    public int? Status { get; private set; }

    public RecordedEnd End
    {
        get
        {
            lock (_gate)
            {
                return _end;
            }
        }
    }

    public TimeSpan EndedAt { get; private set; }

    /// <summary>The error's code and message, by status or by event.</summary>
    public string? Error { get; private set; }

    public bool HasErrorEvent { get; private set; }

    public bool IsDone { get; private set; }

    public int Roles { get; private set; }

    public string? Finish { get; private set; }

    /// <summary><c>completion_tokens</c> as told.</summary>
    public int? UsageTokens { get; private set; }

    /// <summary>What no answer may have, in words.</summary>
    public IReadOnlyList<string> Oddities
    {
        get
        {
            lock (_gate)
            {
                return [.. _oddities];
            }
        }
    }

    public IReadOnlyList<StreamEvent> Events
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    public (int Count, StreamEvent Last) LastEvent
    {
        get
        {
            lock (_gate)
            {
                return _events.Count == 0 ? default : (_events.Count, _events[^1]);
            }
        }
    }

    public string Text => string.Concat(Events.Select(one => one.Text));

    /// <summary>Whether it was under way at that time.</summary>
    public bool IsUnderWayAt(TimeSpan at) => SentAt <= at && (End == RecordedEnd.Running || EndedAt > at);

    public void SentTo(string silo, int triedBefore)
    {
        Silo = silo;
        SentOn = triedBefore;
    }

    public void Answered(int status, string? id)
    {
        Status = status;
        Id = id;
    }

    /// <summary>Takes one event's data; <c>[DONE]</c> too.</summary>
    public void Take(ReadOnlySpan<byte> data, TimeSpan at)
    {
        if (IsDone)
        {
            Note("something after [DONE]");
            return;
        }

        if (data.SequenceEqual("[DONE]"u8))
        {
            IsDone = true;
            return;
        }

        Take(Chunk.Read(data), at);
    }

    public void Take(Chunk chunk, TimeSpan at)
    {
        if (HasErrorEvent)
        {
            Note("something after an error event");
        }

        if (chunk.Error is { } error)
        {
            HasErrorEvent = true;
            Error = error;
            return;
        }

        if (!chunk.IsValid)
        {
            Note("an event that is no chunk");
            return;
        }

        if (chunk.AnswerId is { } id && (_answerId ??= id) != id)
        {
            Note("a second answer id");
        }

        if (Finish is not null && (chunk.Tokens > 0 || chunk.Text.Length > 0 || chunk.Finish is not null))
        {
            Note("something after the finish_reason");
        }

        Roles += chunk.HasRole ? 1 : 0;
        Finish ??= chunk.Finish;
        UsageTokens = chunk.UsageTokens ?? UsageTokens;
        lock (_gate)
        {
            // The same object for the same source: streams are long.
            _source = chunk.Source is null || chunk.Source == _source ? chunk.Source is null ? null : _source : chunk.Source;
            _events.Add(new StreamEvent(at, _source, chunk.Index, chunk.Tokens, chunk.Text));
        }
    }

    public void Refused(string error, bool isContractShape)
    {
        Error = error;
        if (!isContractShape)
        {
            Note("an error that is not in the contract's shape");
        }
    }

    public void Ended(RecordedEnd end, TimeSpan at)
    {
        lock (_gate)
        {
            EndedAt = at;
            _end = end;
        }
    }

    private void Note(string oddity)
    {
        lock (_gate)
        {
            if (_oddities.Count < 8 && !_oddities.Contains(oddity))
            {
                _oddities.Add(oddity);
            }
        }
    }
}
