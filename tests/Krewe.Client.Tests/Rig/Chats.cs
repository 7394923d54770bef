using Microsoft.Extensions.AI;

namespace Krewe.Client.Tests.Rig;

/// <summary>The chat that tests have, and what its answer has to be.</summary>
internal static class Chats
{
    public const int Tokens = 24;

    public static ChatMessage[] Messages => [new(ChatRole.User, "Which krewes are there?")];

    public static ChatOptions Options(int tokens = Tokens) => new() { MaxOutputTokens = tokens, AdditionalProperties = new() { ["ignore_eos"] = true } };

    public static KreweClientOptions Client(params IEnumerable<Uri> endpoints)
    {
        var options = new KreweClientOptions { Model = "sim-model", IdleTimeout = TimeSpan.FromSeconds(5) };
        foreach (var endpoint in endpoints)
        {
            options.Endpoints.Add(endpoint);
        }

        options.Retry.BaseDelay = TimeSpan.FromMilliseconds(20);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(200);
        return options;
    }

    public static KreweClient Over(CutHandler handler, KreweClientOptions options) =>
        new(options, new HttpClient(handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan });

    /// <summary>Reads an answer and checks what holds for each: one id, one end, the usage of all of it.</summary>
    public static async Task<string> ReadAsync(IAsyncEnumerable<ChatResponseUpdate> updates, int tokens = Tokens)
    {
        var all = await updates.ToListAsync();
        Assert.Single(all.Select(update => update.ResponseId).Distinct());
        Assert.Equal(ChatFinishReason.Length, Assert.Single(all, update => update.FinishReason is not null).FinishReason);
        var usage = Assert.Single(all.SelectMany(update => update.Contents).OfType<UsageContent>()).Details;
        Assert.Equal(tokens, usage.OutputTokenCount);
        Assert.True(usage.InputTokenCount > 0);
        return string.Concat(all.Select(update => update.Text));
    }
}
