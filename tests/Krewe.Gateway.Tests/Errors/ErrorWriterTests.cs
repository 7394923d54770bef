using System.Buffers;
using System.Text.Json;
using Krewe.Core.Requests;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Tests.Errors;

public sealed class ErrorWriterTests
{
    public static TheoryData<RequestOutcome> Failures =>
        [.. Enum.GetValues<RequestOutcome>().Where(outcome => outcome != RequestOutcome.Completed)];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Every_outcome_is_written_with_its_status_code_and_headers(RequestOutcome outcome)
    {
        var context = new DefaultHttpContext();
        using var body = new MemoryStream();
        context.Response.Body = body;

        await ErrorWriter.WriteAsync(context.Response, ApiErrors.Of(outcome), CancellationToken.None);

        var facts = outcome.Description();
        Assert.Equal(facts.HttpStatus, context.Response.StatusCode);
        Assert.Equal("application/json", context.Response.ContentType);
        Assert.Equal(body.Length, context.Response.ContentLength);
        Assert.Equal(facts.RetryAfter is { } after ? $"{after.TotalSeconds}" : "", context.Response.Headers.RetryAfter.ToString());
        Assert.Equal(facts.ShouldRetry is { } should ? (should ? "true" : "false") : "", context.Response.Headers["x-should-retry"].ToString());
        var error = JsonDocument.Parse(body.ToArray()).RootElement.GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(property => property.Name));
        Assert.Equal(facts.Code, error.GetProperty("code").GetString());
        Assert.Equal(facts.Type, error.GetProperty("type").GetString());
        Assert.Equal(facts.Message, error.GetProperty("message").GetString());
        Assert.Equal(JsonValueKind.Null, error.GetProperty("param").ValueKind);
    }

    [Fact]
    public void A_completed_request_is_no_error() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ApiErrors.Of(RequestOutcome.Completed));

    [Theory]
    [InlineData("plain")]
    [InlineData("\"quotes\" and \\ and \n and \u0001 and ü and 日本")]
    [InlineData("'<script>'")]
    public void Any_message_and_param_come_back_as_they_were(string text)
    {
        var output = new ArrayBufferWriter<byte>();

        ErrorWriter.WriteBody(output, ApiErrors.InvalidRequest(text, text));

        Assert.DoesNotContain((byte)'\n', output.WrittenSpan.ToArray());
        var error = JsonDocument.Parse(output.WrittenMemory).RootElement.GetProperty("error");
        Assert.Equal(text, error.GetProperty("message").GetString());
        Assert.Equal(text, error.GetProperty("param").GetString());
    }

    [Fact]
    public void Half_a_surrogate_pair_and_endless_messages_still_make_valid_json()
    {
        var output = new ArrayBufferWriter<byte>();

        ErrorWriter.WriteBody(output, ApiErrors.InvalidRequest("\ud83d" + new string('x', 1_000_000), "\ude00"));

        Assert.InRange(output.WrittenCount, 1, 10_000);
        Assert.Equal("invalid_request", JsonDocument.Parse(output.WrittenMemory).RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(0, "1")]
    [InlineData(1000, "1")]
    [InlineData(1001, "2")]
    public void Retry_after_is_whole_seconds_and_at_least_one(int milliseconds, string expected)
    {
        IHeaderDictionary headers = new HeaderDictionary();

        ErrorWriter.WriteHeaders(headers, ApiErrors.Internal with { RetryAfter = TimeSpan.FromMilliseconds(milliseconds) });

        Assert.Equal(expected, headers.RetryAfter.ToString());
    }
}
