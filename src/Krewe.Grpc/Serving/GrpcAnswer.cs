using Grpc.Core;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Serving;
using Microsoft.AspNetCore.Http;

namespace Krewe.Grpc.Serving;

/// <summary>What answers over gRPC have in common. Errors are kept for the call's end, which tells them by status and trailers.</summary>
internal abstract class GrpcAnswer : ClientAnswer, IDisposable
{
    // A client's own clock ends its call at the deadline, a moment before or after ours does: that is the deadline, not a client that left.
    private static readonly TimeSpan AtDeadline = TimeSpan.FromMilliseconds(100);

    private readonly HttpContext _http;
    private readonly DateTime _deadline;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _gone = new();
    private readonly CancellationTokenRegistration _aborted;
    private volatile bool _isCancelled;

    protected GrpcAnswer(ServerCallContext context, TimeProvider time)
    {
        _http = context.GetHttpContext();
        _deadline = context.Deadline;
        _time = time;
        _aborted = _http.RequestAborted.UnsafeRegister(static self => ((GrpcAnswer)self!).OnAborted(), this);
    }

    public override CancellationToken Gone => _gone.Token;

    public override bool TellsUsage => MayComeAgain;

    /// <summary>Whether the client may post its request again with what it holds of the answer, and so has to know how far it came.</summary>
    public bool MayComeAgain { get; set; }

    /// <summary>Why the request failed; null as long as it has not.</summary>
    public ApiError? Error { get; private set; }

    /// <summary>What is left until the call's deadline; null where it has none.</summary>
    public TimeSpan? Remaining => _deadline == DateTime.MaxValue ? null : _deadline - _time.GetUtcNow().UtcDateTime;

    public override ValueTask FailAsync(ApiError error)
    {
        Error = error;
        return ValueTask.CompletedTask;
    }

    /// <summary>A write that waits is dropped with the connection; where none does, a request that was cancelled from elsewhere is told so.</summary>
    public override void Abort()
    {
        if (_isCancelled && !IsWriting)
        {
            Error ??= ApiErrors.Cancelled;
        }
        else
        {
            _http.Abort();
        }
    }

    public override void Cancel()
    {
        _isCancelled = true;
        _gone.Cancel();
    }

    public virtual void Dispose()
    {
        _aborted.Dispose();
        _gone.Dispose();
    }

    /// <summary>Whether something is being sent.</summary>
    protected virtual bool IsWriting => false;

    /// <summary>Whether a client that takes no more has its deadline for a reason. Then the request ends by that.</summary>
    protected bool IsAtDeadline => Remaining is { } left && left <= AtDeadline;

    private void OnAborted()
    {
        if (!IsAtDeadline)
        {
            _gone.Cancel();
        }
    }
}
