using System.Text;
using Krewe.Engines.Buffers;
using Krewe.Engines.Streams;

namespace Krewe.Engines.Tests.Streams;

public class StreamTallyTests
{
    [Fact]
    public void Add_books_a_whole_chat_stream()
    {
        using var tally = new StreamTally();
        Add(tally, """{"id":"a","created":5,"model":"m","choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]}""");
        Add(tally, """{"id":"b","created":6,"model":"m2","choices":[{"delta":{"content":"Hé "},"finish_reason":null}]}""");
        Add(tally, """{"id":"a","choices":[{"delta":{"content":"\"x\"\n"},"finish_reason":null}]}""");
        Add(tally, """{"id":"a","choices":[{"delta":{},"finish_reason":"length"}]}""");

        Assert.Equal((2, 2, false, -1), (tally.CompletionTokens, tally.ContentChunks, tally.IsExact, tally.PromptTokens));
        Assert.True(tally.RoleSent);
        Assert.False(tally.ReasoningSent || tally.ToolCallSent);
        Assert.Equal(FinishReason.Length, tally.Finish);
        Assert.Equal(("\"a\"", "5", "\"m\""), (String(tally.Id), String(tally.Created), String(tally.Model)));
        Assert.Equal("Hé \\\"x\\\"\\n", String(tally.EscapedText));
        Assert.Equal("Hé \"x\"\n", Decoded(tally));
    }

    [Fact]
    public void Add_the_engines_usage_counts_and_chunks_only_where_it_is_silent()
    {
        using var tally = new StreamTally();
        Add(tally, """{"choices":[{"text":"abc"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}""");
        Assert.Equal((3, true, 9), (tally.CompletionTokens, tally.IsExact, tally.PromptTokens));

        Add(tally, """{"choices":[{"text":"d"}]}""");
        Assert.Equal((4, false), (tally.CompletionTokens, tally.IsExact));

        Add(tally, """{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":7}}""");
        Assert.Equal((7, true, 2), (tally.CompletionTokens, tally.IsExact, tally.ContentChunks));
    }

    [Fact]
    public void Add_reasoning_and_tool_calls_are_content_but_no_text()
    {
        using var tally = new StreamTally();
        Add(tally, """{"choices":[{"delta":{"reasoning_content":"hm"}}]}""");
        Add(tally, """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x"}]}}]}""");

        Assert.Equal((2, 0), (tally.CompletionTokens, tally.EscapedText.Length));
        Assert.True(tally.ReasoningSent && tally.ToolCallSent);
    }

    [Fact]
    public void TryWriteText_a_character_cut_in_two_is_whole_again_and_an_unfinished_one_is_left_out()
    {
        using var tally = new StreamTally();
        Add(tally, """{"choices":[{"text":"a\ud83d"}]}""");
        Assert.Equal("a", Decoded(tally));

        Add(tally, """{"choices":[{"text":"\uDE00b"}]}""");
        Assert.Equal("a😀b", Decoded(tally));

        Add(tally, """{"choices":[{"text":"\\ud83d"}]}""");
        Assert.Equal("a😀b\\ud83d", Decoded(tally));
    }

    [Fact]
    public void TryWriteText_half_a_character_in_the_middle_is_told()
    {
        using var tally = new StreamTally();
        using var output = new PooledBuffer();
        Add(tally, """{"choices":[{"text":"a\ud83d"}]}""");
        Add(tally, """{"choices":[{"text":"b"}]}""");

        Assert.False(tally.TryWriteText(output));
    }

    [Fact]
    public void CutBack_forgets_what_came_behind_the_last_text_and_the_next_attempt_counts_from_there()
    {
        using var tally = new StreamTally();
        Add(tally, """{"choices":[{"text":"ab"}],"usage":{"prompt_tokens":9,"completion_tokens":2}}""");
        Add(tally, """{"choices":[{"text":""}],"usage":{"prompt_tokens":9,"completion_tokens":3}}""");
        Assert.Equal((3, 2, 2), (tally.CompletionTokens, tally.DeliveredTokens, tally.LastChunkTokens));

        tally.CutBack();
        Assert.Equal((2, 2, true, true), (tally.CompletionTokens, tally.DeliveredTokens, tally.IsExact, tally.IsDeliveredExact));

        // The next engine's prompt holds what the first one generated.
        Add(tally, """{"choices":[{"text":"c"}],"usage":{"prompt_tokens":11,"completion_tokens":1}}""");
        Add(tally, """{"choices":[{"text":"d"}],"usage":{"prompt_tokens":11,"completion_tokens":2}}""");
        Assert.Equal((9, 4, "abcd"), (tally.PromptTokens, tally.CompletionTokens, String(tally.EscapedText)));

        tally.CutBack(1);
        Add(tally, """{"choices":[{"text":"e"}],"usage":{"prompt_tokens":12,"completion_tokens":1}}""");
        Assert.Equal((4, true), (tally.CompletionTokens, tally.IsDeliveredExact));
    }

    [Fact]
    public void CutBack_a_count_that_was_a_guess_stays_one()
    {
        using var tally = new StreamTally();
        Add(tally, """{"choices":[{"text":"ab"}]}""");
        tally.CutBack();
        Add(tally, """{"choices":[{"text":"c"}],"usage":{"prompt_tokens":9,"completion_tokens":1}}""");
        Assert.Equal((2, false, false), (tally.CompletionTokens, tally.IsExact, tally.IsDeliveredExact));
        Assert.Throws<ArgumentOutOfRangeException>(() => tally.CutBack(3));
    }

    [Theory]
    [InlineData("a", false)]
    [InlineData("é", false)]
    [InlineData("\\ud83d\\ude00", false)]
    [InlineData("\\\\ud83d", false)]
    [InlineData("a\\ud83d", true)]
    [InlineData("a\\uD83D", true)]
    [InlineData("a\uFFFD", true)]
    [InlineData("a\\ufffd", true)]
    public void EndsInsideCharacter_where_the_client_has_half_of_one(string text, bool expected)
    {
        using var tally = new StreamTally();
        Add(tally, $$"""{"choices":[{"text":"{{text}}"}]}""");
        Assert.Equal(expected, tally.EndsInsideCharacter);
    }

    [Fact]
    public void Ids_are_kept_as_they_were_told_and_cut_back_with_the_text()
    {
        using var tally = new StreamTally { Ids = new TokenIdTally() };
        var ids = tally.Ids;
        Add(tally, """{"choices":[{"delta":{"role":"assistant","content":""}}],"prompt_token_ids":[7, 8]}""");
        Add(tally, """{"choices":[{"delta":{"content":"a"},"token_ids":[ 1 ]}]}""");
        Add(tally, """{"choices":[{"delta":{"content":""},"token_ids":[2]}]}""");
        Add(tally, """{"choices":[{"delta":{"content":"bc"},"token_ids":[3,4]}]}""");
        Assert.Equal(("7, 8", "1,2,3,4", 4), (String(ids.Prompt), String(ids.Delivered), ids.DeliveredCount));
        Assert.Equal(("2,3,4", 3, 2, 2), (String(ids.Tail), ids.TailCount, ids.LastChunkCount, ids.TailTextBytes));

        Add(tally, """{"choices":[{"delta":{"content":""},"token_ids":[5]}]}""");
        Assert.Equal("1,2,3,4", String(ids.Delivered));
        ids.CutBack(1);
        Assert.Equal(("1,2,3", 3), (String(ids.Delivered), ids.DeliveredCount));
        Add(tally, """{"choices":[{"delta":{"content":"d"},"token_ids":[6]}]}""");
        Assert.Equal(("1,2,3,6", 4, false), (String(ids.Delivered), ids.DeliveredCount, ids.IsIncomplete));

        Add(tally, """{"choices":[{"delta":{"content":"e"}}]}""");
        Assert.True(ids.IsIncomplete);
    }

    [Fact]
    public void Ids_are_bounded()
    {
        using var tally = new StreamTally { Ids = new TokenIdTally(maxBytes: 8) };
        Add(tally, """{"choices":[{"text":"a","token_ids":[100]}],"prompt_token_ids":[1,2,3,4,5]}""");
        Assert.Equal((0, false), (tally.Ids.Prompt.Length, tally.Ids.IsIncomplete));
        Add(tally, """{"choices":[{"text":"b","token_ids":[101,102]}]}""");
        Assert.Equal((1, true), (tally.Ids.DeliveredCount, tally.Ids.IsIncomplete));
    }

    [Fact]
    public void Add_text_is_bounded()
    {
        using var tally = new StreamTally(maxTextBytes: 5);
        Add(tally, """{"choices":[{"text":"12345"}]}""");
        Assert.False(tally.TextOverflowed);

        Add(tally, """{"choices":[{"text":"6"}]}""");
        Add(tally, """{"choices":[{"text":"7"}]}""");
        Assert.True(tally.TextOverflowed);
        Assert.Equal((0, 3), (tally.EscapedText.Length, tally.CompletionTokens));
    }

    [Fact]
    public void Add_allocates_nothing_while_the_text_fits()
    {
        using var tally = new StreamTally();
        var data = Encoding.UTF8.GetBytes("""{"id":"a","created":5,"model":"m","choices":[{"delta":{"content":"hello"}}]}""");
        for (var i = 0; i < 60; i++)
        {
            tally.Add(ChunkInspector.Inspect(data), data);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 30; i++)
        {
            tally.Add(ChunkInspector.Inspect(data), data);
        }

        // 60 pieces of 5 bytes made the array 512 or more; 30 more fit.
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(90, tally.CompletionTokens);
    }

    private static void Add(StreamTally tally, string json)
    {
        var data = Encoding.UTF8.GetBytes(json);
        tally.Add(ChunkInspector.Inspect(data), data);
    }

    private static string Decoded(StreamTally tally)
    {
        using var output = new PooledBuffer();
        Assert.True(tally.TryWriteText(output));
        return Encoding.UTF8.GetString(output.Span);
    }

    private static string String(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
