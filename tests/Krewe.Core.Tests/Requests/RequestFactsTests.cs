using Krewe.Core.Instances.Breaking;
using Krewe.Core.Requests;

namespace Krewe.Core.Tests.Requests;

public sealed class RequestFactsTests
{
    public static TheoryData<AttemptCause> Causes => [.. Enum.GetValues<AttemptCause>()];

    public static TheoryData<RequestOutcome> Outcomes => [.. Enum.GetValues<RequestOutcome>()];

    [Theory]
    [InlineData(RequestOutcome.Completed, 200, null, null, null)]
    [InlineData(RequestOutcome.InvalidRequest, 400, "invalid_request", false, null)]
    [InlineData(RequestOutcome.InvalidApiKey, 401, "invalid_api_key", false, null)]
    [InlineData(RequestOutcome.ModelNotFound, 404, "model_not_found", false, null)]
    [InlineData(RequestOutcome.RequestTooLarge, 413, "request_too_large", false, null)]
    [InlineData(RequestOutcome.RateLimited, 429, "rate_limited", true, 1)]
    [InlineData(RequestOutcome.QueueFull, 429, "queue_full", true, 1)]
    [InlineData(RequestOutcome.NoInstance, 503, "no_instance", true, 1)]
    [InlineData(RequestOutcome.Overloaded, 503, "overloaded", true, 1)]
    [InlineData(RequestOutcome.Draining, 503, "draining", true, 1)]
    [InlineData(RequestOutcome.DeadlineExceeded, 504, "deadline_exceeded", false, null)]
    [InlineData(RequestOutcome.EngineError, 502, "engine_error", false, null)]
    [InlineData(RequestOutcome.EngineRejected, 400, "invalid_request", false, null)]
    [InlineData(RequestOutcome.ClientGone, 499, "client_gone", null, null)]
    [InlineData(RequestOutcome.RequestGone, 404, "request_gone", false, null)]
    [InlineData(RequestOutcome.InternalError, 500, "internal_error", false, null)]
    public void Outcome_IsToldAsTheContractSays(RequestOutcome outcome, int status, string? code, bool? shouldRetry, int? retryAfterSeconds)
    {
        var told = outcome.Description();
        Assert.Equal((status, code, shouldRetry), (told.HttpStatus, told.Code, told.ShouldRetry));
        Assert.Equal(retryAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, told.RetryAfter);
    }

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void Outcome_EveryValue_HasARowThatFitsTogether(RequestOutcome outcome)
    {
        var told = outcome.Description();
        Assert.NotEmpty(told.Message);
        Assert.Equal(outcome is RequestOutcome.Completed, told.Code is null);
        Assert.Equal(told.Code is null, told.Type is null);
        Assert.Equal(told.HttpStatus is 429 or 503, told.RetryAfter is not null);
        Assert.True(outcome.TerminalPhase().IsTerminal());
        Assert.Equal((told.HttpStatus, told.MetricTag), (outcome.HttpStatus(), outcome.MetricTag()));
    }

    [Fact]
    public void MetricTags_AreUniqueSnakeCase()
    {
        var outcomes = Enum.GetValues<RequestOutcome>().Select(outcome => outcome.MetricTag()).ToList();
        var causes = Enum.GetValues<AttemptCause>().Select(cause => cause.MetricTag()).ToList();
        Assert.Equal(outcomes.Distinct(), outcomes);
        Assert.Equal(causes.Distinct(), causes);
        Assert.All(outcomes.Concat(causes), tag => Assert.Matches("^[a-z]+(_[a-z]+)*$", tag));
    }

    [Theory]
    [InlineData(AttemptCause.Completed, false, AttemptVerdict.Succeeded, RequestOutcome.Completed)]
    [InlineData(AttemptCause.EpochLost, true, AttemptVerdict.Neutral, RequestOutcome.EngineError)]
    [InlineData(AttemptCause.ConnectionRefused, true, AttemptVerdict.Failed, RequestOutcome.EngineError)]
    [InlineData(AttemptCause.EngineOverloaded, true, AttemptVerdict.BackPressure, RequestOutcome.Overloaded)]
    [InlineData(AttemptCause.EngineRejected, false, AttemptVerdict.Neutral, RequestOutcome.EngineRejected)]
    [InlineData(AttemptCause.TransferFailed, true, AttemptVerdict.Neutral, RequestOutcome.EngineError)]
    [InlineData(AttemptCause.ClientGone, false, AttemptVerdict.Cancelled, RequestOutcome.ClientGone)]
    [InlineData(AttemptCause.DeadlineExceeded, false, AttemptVerdict.Cancelled, RequestOutcome.DeadlineExceeded)]
    [InlineData(AttemptCause.SiloDraining, false, AttemptVerdict.Cancelled, RequestOutcome.Draining)]
    public void Cause_MeansWhatTheDesignSays(AttemptCause cause, bool retryable, AttemptVerdict verdict, RequestOutcome final) =>
        Assert.Equal((retryable, verdict, final), (cause.IsRetryable(), cause.BreakerVerdict(), cause.FinalOutcome()));

    [Fact]
    public void Failovers_AreTheLossesOfAnInstanceOrTheWayToIt_AndAnswersAreErrors()
    {
        Assert.Equal(
            [
                AttemptCause.EpochLost, AttemptCause.ConnectionRefused, AttemptCause.ConnectionReset, AttemptCause.ConnectTimeout,
                AttemptCause.StreamBroken, AttemptCause.IdleTimeout, AttemptCause.TransferFailed,
            ],
            Enum.GetValues<AttemptCause>().Where(cause => cause.IsFailover()));
        Assert.Equal(
            [AttemptCause.EngineError, AttemptCause.EngineOverloaded, AttemptCause.MalformedStream, AttemptCause.AddressRefused],
            Enum.GetValues<AttemptCause>().Where(cause => cause.ChargesBudget()));
    }

    [Theory]
    [MemberData(nameof(Causes))]
    public void Cause_EveryValue_HasARowThatFitsTogether(AttemptCause cause)
    {
        Assert.Equal(cause.IsRetryable() && !cause.IsFailover(), cause.ChargesBudget());
        Assert.True(!cause.IsFailover() || cause.IsRetryable());
        Assert.True(!cause.IsConnectionFailure() || cause.IsFailover());
        Assert.Equal(cause is AttemptCause.Completed, cause.FinalOutcome() is RequestOutcome.Completed);
        Assert.True(cause.BreakerVerdict() is not AttemptVerdict.Failed || cause.IsRetryable(), "What an engine did wrong, another may do right.");
    }

    [Fact]
    public void UnknownValues_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ((AttemptCause)999).MetricTag());
        Assert.Throws<IndexOutOfRangeException>(() => ((RequestOutcome)999).Description());
    }
}
