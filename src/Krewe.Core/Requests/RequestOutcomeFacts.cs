namespace Krewe.Core.Requests;

/// <summary>What each <see cref="RequestOutcome"/> looks like from outside: the table of the client contract.</summary>
public static class RequestOutcomeFacts
{
    private const string InvalidRequestType = "invalid_request_error";
    private const string RateLimitType = "rate_limit_error";
    private const string ServerType = "server_error";

    private static readonly OutcomeDescription[] All = [.. Enum.GetValues<RequestOutcome>().Select(Describe)];

    /// <summary>Its row of the table.</summary>
    public static OutcomeDescription Description(this RequestOutcome outcome) => All[(int)outcome];

    public static int HttpStatus(this RequestOutcome outcome) => outcome.Description().HttpStatus;

    public static string MetricTag(this RequestOutcome outcome) => outcome.Description().MetricTag;

    /// <summary>The terminal phase that this outcome belongs to.</summary>
    public static RequestPhase TerminalPhase(this RequestOutcome outcome) => outcome switch
    {
        RequestOutcome.Completed => RequestPhase.Completed,
        RequestOutcome.ClientGone => RequestPhase.Cancelled,
        _ => RequestPhase.Failed,
    };

    private static OutcomeDescription Describe(RequestOutcome outcome) => outcome switch
    {
        RequestOutcome.Completed => new(200, null, null, null, null, "completed", "Completed."),
        RequestOutcome.InvalidRequest => Refused(400, "invalid_request", "The request is not valid."),
        RequestOutcome.InvalidApiKey => Refused(401, "invalid_api_key", "The API key is missing or not valid."),
        RequestOutcome.ModelNotFound => Refused(404, "model_not_found", "The model does not exist, or this key may not use it."),
        RequestOutcome.RequestTooLarge => Refused(413, "request_too_large", "The request's body is too large."),
        RequestOutcome.RateLimited => Later(429, RateLimitType, "rate_limited", "Too many requests for this key."),
        RequestOutcome.QueueFull => Later(429, RateLimitType, "queue_full", "Too many requests are waiting for this model."),
        RequestOutcome.NoInstance => Later(503, ServerType, "no_instance", "No engine can serve this model now."),
        RequestOutcome.Overloaded => Later(503, ServerType, "overloaded", "The engines of this model are overloaded."),
        RequestOutcome.Draining => Later(503, ServerType, "draining", "This server is shutting down."),
        RequestOutcome.DeadlineExceeded => Failed(504, "deadline_exceeded", "The request's deadline is over."),
        RequestOutcome.EngineError => Failed(502, "engine_error", "The engine failed."),
        RequestOutcome.EngineRejected => new(400, "invalid_request", InvalidRequestType, null, false, "engine_rejected", "The engine refused the request."),
        RequestOutcome.ClientGone => new(499, "client_gone", InvalidRequestType, null, null, "client_gone", "The client closed the connection."),
        RequestOutcome.RequestGone => Refused(404, "request_gone", "The request is not here any more."),
        RequestOutcome.InternalError => Failed(500, "internal_error", "An error within the server."),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };

    private static OutcomeDescription Refused(int status, string code, string message) =>
        new(status, code, InvalidRequestType, null, false, code, message);

    private static OutcomeDescription Later(int status, string type, string code, string message) =>
        new(status, code, type, TimeSpan.FromSeconds(1), true, code, message);

    // What has spent a whole deadline, or all of Krewe's own attempts, is not to be multiplied by the client's.
    private static OutcomeDescription Failed(int status, string code, string message) =>
        new(status, code, ServerType, null, false, code, message);
}
