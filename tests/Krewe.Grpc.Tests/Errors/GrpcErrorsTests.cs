using System.Reflection;
using Grpc.Core;
using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Gateway.Errors;
using Krewe.Grpc.Errors;

namespace Krewe.Grpc.Tests.Errors;

public sealed class GrpcErrorsTests
{
    public static TheoryData<RequestOutcome, StatusCode> Outcomes => new()
    {
        { RequestOutcome.InvalidRequest, StatusCode.InvalidArgument },
        { RequestOutcome.InvalidApiKey, StatusCode.Unauthenticated },
        { RequestOutcome.ModelNotFound, StatusCode.NotFound },
        { RequestOutcome.RequestTooLarge, StatusCode.ResourceExhausted },
        { RequestOutcome.RateLimited, StatusCode.ResourceExhausted },
        { RequestOutcome.QueueFull, StatusCode.ResourceExhausted },
        { RequestOutcome.NoInstance, StatusCode.Unavailable },
        { RequestOutcome.Overloaded, StatusCode.Unavailable },
        { RequestOutcome.Draining, StatusCode.Unavailable },
        { RequestOutcome.DeadlineExceeded, StatusCode.DeadlineExceeded },
        { RequestOutcome.EngineError, StatusCode.Internal },
        { RequestOutcome.EngineRejected, StatusCode.InvalidArgument },
        { RequestOutcome.ClientGone, StatusCode.Cancelled },
        { RequestOutcome.RequestGone, StatusCode.NotFound },
        { RequestOutcome.InternalError, StatusCode.Internal },
    };

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void An_outcome_has_its_status_and_its_code_in_the_trailers(RequestOutcome outcome, StatusCode expected)
    {
        var error = ApiErrors.Of(outcome);
        var told = GrpcErrors.ToException(error, "req-1");
        Assert.Equal(expected, told.StatusCode);
        Assert.Equal(error.Message, told.Status.Detail);
        Assert.Equal((error.Code, error.Type, "req-1"), (told.Trailers.GetValue("krewe-error-code"), told.Trailers.GetValue("krewe-error-type"), told.Trailers.GetValue("krewe-request-id")));
        Assert.Equal(error.ShouldRetry switch { true => "true", false => "false", null => null }, told.Trailers.GetValue("x-should-retry"));
        Assert.Equal(error.RetryAfter is not null ? "1000" : error.ShouldRetry == false ? "-1" : null, told.Trailers.GetValue("grpc-retry-pushback-ms"));
    }

    [Fact]
    public void No_outcome_is_missing_above() =>
        Assert.Equal(Enum.GetValues<RequestOutcome>().Except([RequestOutcome.Completed]), Outcomes.Select(row => row.Data.Item1));

    [Fact]
    public void Every_error_of_the_ports_has_a_status_of_its_own_choice()
    {
        // One of each kind, whatever its arguments: a code that is new has to be given a status.
        var made = typeof(ApiErrors).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(method => method.ReturnType == typeof(ApiError) && method.Name != nameof(ApiErrors.Of))
            .Select(method => (ApiError)method.Invoke(null, [.. method.GetParameters().Select(Any)])!)
            .ToList();
        Assert.True(made.Count > 15, "the errors were found");
        foreach (var error in made)
        {
            // Told by the HTTP status alone, this one would be an engine's own.
            Assert.NotEqual(StatusCode.Unknown, GrpcErrors.CodeOf(error with { Status = 200 }));
            Assert.False(GrpcErrors.CodeOf(error with { Status = 200 }) == StatusCode.Internal && error.Code is not ("internal_error" or "engine_error"), error.Code);
        }
    }

    [Theory]
    [InlineData(422, StatusCode.InvalidArgument)]
    [InlineData(404, StatusCode.NotFound)]
    [InlineData(409, StatusCode.Aborted)]
    [InlineData(413, StatusCode.ResourceExhausted)]
    [InlineData(429, StatusCode.ResourceExhausted)]
    public void An_engine_s_own_refusal_is_told_by_its_status(int status, StatusCode expected) =>
        Assert.Equal(expected, GrpcErrors.CodeOf(new ApiError(status, "BadRequestError", "t", "m")));

    [Fact]
    public void What_an_engine_says_cannot_break_the_trailers()
    {
        var told = GrpcErrors.ToException(new ApiError(400, "naïve\r\ncode: 1", "t\0", new string('m', 100_000), "päram"));
        Assert.Equal("na?ve??code: 1", told.Trailers.GetValue("krewe-error-code"));
        Assert.Equal("t?", told.Trailers.GetValue("krewe-error-type"));
        Assert.Equal("p?ram", told.Trailers.GetValue("krewe-error-param"));
        Assert.Equal(2_000, told.Status.Detail.Length);
    }

    private static object? Any(ParameterInfo parameter) => parameter.ParameterType switch
    {
        var type when type == typeof(string) => "x",
        var type when type == typeof(InstanceId) => GrpcFixture.Id("x"),
        var type when type.IsValueType => Activator.CreateInstance(type),
        _ => null,
    };
}
