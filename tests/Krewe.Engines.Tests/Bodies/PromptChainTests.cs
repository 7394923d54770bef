using System.Text;
using Krewe.Core.Routing.Prefix;
using Krewe.Engines.Bodies;

namespace Krewe.Engines.Tests.Bodies;

public class PromptChainTests
{
    private const ulong Root = 42;

    private static readonly string Long = string.Concat(Enumerable.Range(0, 600).Select(i => $"word{i} "));

    [Fact]
    public void Of_a_chat_and_its_next_turn_agrees_in_all_but_the_last_block()
    {
        var first = Chat($$"""[{"role":"system","content":"{{Long}}"},{"role":"user","content":"hi"}]""");
        var next = Chat($$"""[{"role":"system","content":"{{Long}}"},{"role":"user","content":"hi"},{"role":"assistant","content":"{{Long}}"},{"role":"user","content":"go on"}]""");

        Assert.Equal(Long.Length / PrefixBlocks.BytesPerBlock, first.Length);
        Assert.Equal(first[..^1], next[..(first.Length - 1)]);
        Assert.True(next.Length > first.Length);
    }

    [Fact]
    public void Of_another_tenant_has_nothing_in_common()
    {
        var body = Parse($$"""{"model":"m","prompt":"{{Long}}"}""", RequestEndpoint.Completions);

        Assert.Empty(PromptChain.Of(body, 1).Intersect(PromptChain.Of(body, 2)));
    }

    [Fact]
    public void Of_a_text_prompt_is_that_of_its_text_wherever_other_fields_stand()
    {
        var plain = Completion($$"""{"model":"m","prompt":"{{Long}}"}""");

        Assert.Equal(PrefixBlocks.OfText(Root, Encoding.UTF8.GetBytes(Long)), plain);
        Assert.Equal(plain, Completion($$"""{"max_tokens":5, "prompt" : "{{Long}}", "model":"m"}"""));
        Assert.Equal(plain, Completion($$"""{"model":"m","prompt":[ "{{Long}}" ]}"""));
    }

    [Fact]
    public void Of_token_ids_is_that_of_the_numbers_however_they_are_written()
    {
        var ids = Enumerable.Range(0, 300).Select(i => i * 7).ToArray();
        var chain = Completion($$"""{"model":"m","prompt":[{{string.Join(',', ids)}}]}""");

        Assert.Equal(2, chain.Length);
        Assert.Equal(PrefixBlocks.Next(Root, ids.AsSpan(0, 128)), chain[0]);
        Assert.Equal(PrefixBlocks.Next(chain[0], ids.AsSpan(128, 128)), chain[1]);
        Assert.Equal(chain, Completion($$"""{"model":"m","prompt":[ {{string.Join(" ,\n ", ids)}} ]}"""));
        Assert.Equal(chain, Completion($$"""{"model":"m","prompt":[[{{string.Join(',', ids)}}]]}"""));
    }

    [Theory]
    [InlineData("""{"model":"m","prompt":"short"}""")]
    [InlineData("""{"model":"m","prompt":""}""")]
    [InlineData("""{"model":"m","prompt":[""]}""")]
    [InlineData("""{"model":"m","prompt":[1,2,3]}""")]
    [InlineData("""{"model":"m","prompt":["a","b"]}""")]
    [InlineData("""{"model":"m","prompt":null,"prompt_embeds":"AA"}""")]
    public void Of_what_has_no_full_block_or_is_not_one_prompt_is_empty(string json) => Assert.Empty(Completion(json));

    [Fact]
    public void Of_ids_that_no_tokenizer_has_is_empty() =>
        Assert.Empty(Completion($$"""{"model":"m","prompt":[{{string.Join(',', Enumerable.Repeat("1.5", 200))}}]}"""));

    private static ulong[] Chat(string messages) => PromptChain.Of(Parse($$"""{"model":"m","messages":{{messages}}}""", RequestEndpoint.ChatCompletions), Root);

    private static ulong[] Completion(string json) => PromptChain.Of(Parse(json, RequestEndpoint.Completions), Root);

    private static RequestBody Parse(string json, RequestEndpoint endpoint)
    {
        Assert.True(RequestBody.TryParse(Encoding.UTF8.GetBytes(json), endpoint, out var body, out var error), error?.Message);
        return body;
    }
}
