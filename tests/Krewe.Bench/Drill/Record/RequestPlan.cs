using System.Text.Json;

namespace Krewe.Bench.Drill.Record;

/// <summary>A request of the load: what is asked for, and so what has to come.</summary>
internal sealed record RequestPlan
{
    public required string Pool { get; init; }

    public required string Model { get; init; }

    public required bool IsChat { get; init; }

    public required bool Streams { get; init; }

    /// <summary>Unlike any other request's.</summary>
    public required string Prompt { get; init; }

    /// <summary>Names the answer: token i is a pure function of it and i.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Tokens of the answer, one that ends it without a text among them.</summary>
    public required int Tokens { get; init; }

    /// <summary>Whether the answer ends by itself (<c>stop</c>), and not by its limit (<c>length</c>).</summary>
    public required bool EndsItself { get; init; }

    public required bool WantsUsage { get; init; }

    public required TimeSpan Deadline { get; init; }

    public string Path => IsChat ? "/v1/chat/completions" : "/v1/completions";

    public string Finish => EndsItself ? "stop" : "length";

    /// <summary>Tokens that have a text.</summary>
    public int TextTokens => EndsItself ? Tokens - 1 : Tokens;

    public byte[] Body()
    {
        // A completion's seed is that of its prompt: the engine finds it by itself, and finds it again after a
        // continuation only if that left the prompt as it was. A chat's is given, for templates are the engine's affair.
        var body = new Dictionary<string, object?>
        {
            ["model"] = Model,
            ["stream"] = Streams,
            ["max_tokens"] = EndsItself ? Tokens + 16 : Tokens,
            ["krewe_sim"] = (IsChat, EndsItself) switch
            {
                (true, true) => new { seed = Seed, answer_tokens = Tokens - 1 },
                (true, false) => new { seed = Seed },
                (false, true) => new { answer_tokens = Tokens - 1 },
                _ => (object)new { },
            },
        };
        body[IsChat ? "messages" : "prompt"] = IsChat ? new[] { new { role = "user", content = Prompt } } : Prompt;
        if (!EndsItself)
        {
            body["ignore_eos"] = true;
        }

        if (Streams && WantsUsage)
        {
            body["stream_options"] = new { include_usage = true };
        }

        return JsonSerializer.SerializeToUtf8Bytes(body);
    }
}
