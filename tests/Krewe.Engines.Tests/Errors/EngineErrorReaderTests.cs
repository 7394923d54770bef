using System.Text;
using System.Text.Json;
using Krewe.Engines.Buffers;
using Krewe.Engines.Errors;

namespace Krewe.Engines.Tests.Errors;

public class EngineErrorReaderTests
{
    [Theory]
    [InlineData("""{"error":{"message":"bad","type":"BadRequestError","param":"n","code":400}}""", 400, "bad", "BadRequestError", "n", "invalid_request")]
    [InlineData("""{"object":"error","message":"bad","type":"BadRequestError","param":null,"code":400}""", 400, "bad", "BadRequestError", null, "invalid_request")]
    [InlineData("""{"error":{"message":"no","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}""", 400, "no", "invalid_request_error", null, "context_length_exceeded")]
    [InlineData("""{"error":{"message":"This model's maximum context length is 8 tokens"}}""", 400, "This model's maximum context length is 8 tokens", "invalid_request_error", null, "context_length_exceeded")]
    [InlineData("""{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404}""", 404, "The model `x` does not exist.", "NotFoundError", null, "model_not_found")]
    [InlineData("""{"error":{"message":"odd","code":40303}}""", 400, "odd", "invalid_request_error", null, "40303")]
    [InlineData("""{"error":"plain"}""", 500, "plain", "server_error", null, "engine_error")]
    [InlineData("""{"detail":"Not Found"}""", 404, "Not Found", "invalid_request_error", null, "model_not_found")]
    [InlineData("""{"message":"outer","error":{"message":"inner","code":""}}""", 503, "inner", "server_error", null, "overloaded")]
    [InlineData("""{"error":{"message":"slow down"}}""", 429, "slow down", "rate_limit_error", null, "rate_limited")]
    public void Read_every_shape_comes_out_in_openais_words(string body, int status, string message, string type, string? param, string code) =>
        Assert.Equal(new EngineError(message, type, param, code, status), EngineErrorReader.Read(Encoding.UTF8.GetBytes(body), status));

    [Theory]
    [InlineData("")]
    [InlineData("<html>502 Bad Gateway: secret prompt</html>")]
    [InlineData("[1,2]")]
    [InlineData("{\"error\":{\"message\":\"cut sec")]
    [InlineData("""{"error":{}}""")]
    [InlineData("""{"detail":[{"msg":"x","input":"secret prompt"}]}""")]
    public void Read_a_body_that_says_nothing_gives_an_error_that_says_so(string body)
    {
        var error = EngineErrorReader.Read(Encoding.UTF8.GetBytes(body), 502);

        Assert.Equal("The engine answered with status 502 and no readable error.", error.Message);
        Assert.Equal("engine_error", error.Code);
    }

    [Theory]
    [InlineData("""[{'type': 'missing', 'loc': ('body', 'x'), 'msg': 'Field required', 'input': {'prompt': 'SECRET'}}]""")]
    [InlineData("1 validation error: n [type=int, input_value='SECRET', input_type=str]")]
    [InlineData("""{"loc":["x"],"input":"SECRET"}""")]
    public void Read_what_validators_quote_of_the_request_is_left_out(string message)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { error = new { message, code = 400 } });

        var error = EngineErrorReader.Read(body, 400);

        Assert.DoesNotContain("SECRET", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("…", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_messages_are_bounded_and_not_cut_inside_a_character()
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { error = new { message = new string('x', 999) + "😀" + new string('y', 5000) } });

        var message = EngineErrorReader.Read(body, 400).Message;

        Assert.Equal(new string('x', 999) + " …", message);
    }

    [Theory]
    [InlineData("""{"error":{"message":"x","type":"t","code":400}}""", 400, "invalid_request")]
    [InlineData("""{"error":{"message":"x","type":"t","code":503}}""", 503, "overloaded")]
    [InlineData("""{"object":"error","message":"x","type":"t","code":200}""", 502, "200")]
    [InlineData("""{"error":{"message":"x","type":"t","code":"aborted"}}""", 502, "aborted")]
    public void ReadEvent_takes_its_status_from_a_code_that_is_one(string data, int status, string code)
    {
        var error = EngineErrorReader.ReadEvent(Encoding.UTF8.GetBytes(data));

        Assert.Equal(("x", "t", status, code), (error.Message, error.Type, error.Status, error.Code));
    }

    [Fact]
    public void Write_gives_openais_shape_with_a_code_that_is_a_string()
    {
        using var output = new PooledBuffer();
        EngineErrorWriter.Write(output, new EngineError("a \"b\"\n😀", "t", null, "c", 400));
        using var json = JsonDocument.Parse(output.Memory);

        var error = json.RootElement.GetProperty("error");
        Assert.Equal("a \"b\"\n😀", error.GetProperty("message").GetString());
        Assert.Equal("t", error.GetProperty("type").GetString());
        Assert.Equal(JsonValueKind.Null, error.GetProperty("param").ValueKind);
        Assert.Equal("c", error.GetProperty("code").GetString());
    }
}
