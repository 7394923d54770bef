using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Hosting;
using Krewe.Grpc.V1;

namespace Krewe.Grpc.Tests.Serving;

/// <summary>Requests and answers of these tests.</summary>
internal static class Chats
{
    public static InferenceRequest Json(string json, Api api = Api.ChatCompletions) => new() { Api = api, Json = ByteString.CopyFromUtf8(json) };

    public static InferenceRequest Chat(bool stream, int maxTokens = 8, string text = "Say hello.", object? sim = null) => new()
    {
        Api = Api.ChatCompletions,
        Json = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(new
        {
            model = "sim-model",
            messages = new[] { new { role = "user", content = text } },
            max_tokens = maxTokens,
            ignore_eos = true,
            stream,
            krewe_sim = sim ?? new { },
        })),
    };

    public static SimEngineOptions Slow(SimEngineOptions options) => options with { Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(20) } };

    public static SimEngineOptions VerySlow(SimEngineOptions options) => options with { Timing = new SimTiming { FixedTtft = TimeSpan.FromMinutes(1) } };

    public static string Text(InferenceReply reply)
    {
        using var json = JsonDocument.Parse(reply.Json.Memory);
        return json.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
    }

    /// <summary>Reads a stream to its end.</summary>
    public static async Task<(string Text, int Chunks, string? Finish)> ReadAsync(AsyncServerStreamingCall<InferenceChunk> call)
    {
        var text = new StringBuilder();
        var (chunks, finish) = (0, default(string));
        await foreach (var chunk in call.ResponseStream.ReadAllAsync())
        {
            chunks++;
            text.Append(Delta(chunk, ref finish));
        }

        return (text.ToString(), chunks, finish);
    }

    public static string? Delta(InferenceChunk chunk, ref string? finish)
    {
        using var json = JsonDocument.Parse(chunk.Json.Memory);
        var choices = json.RootElement.GetProperty("choices");
        if (choices.GetArrayLength() == 0)
        {
            return null;
        }

        finish = choices[0].GetProperty("finish_reason").GetString() ?? finish;
        return choices[0].GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : null;
    }

    public static string? Code(RpcException error) => error.Trailers.GetValue("krewe-error-code");
}
