using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Tests.Bodies;

public class BodyEditorTests
{
    private static readonly (string Name, BodyProperty Property)[] Editable =
    [
        ("stream", BodyProperty.Stream), ("stream_options", BodyProperty.StreamOptions), ("max_tokens", BodyProperty.MaxTokens),
        ("min_tokens", BodyProperty.MinTokens), ("kv_transfer_params", BodyProperty.KvTransferParams), ("cache_salt", BodyProperty.CacheSalt),
        ("priority", BodyProperty.Priority), ("krewe", BodyProperty.Krewe), ("disaggregated_params", BodyProperty.DisaggregatedParams),
    ];

    private enum Change
    {
        None,
        Remove,
        Json,
        Number,
    }

    [Fact]
    public void Write_without_changes_gives_the_clients_own_bytes()
    {
        var body = Parse("""{"model":"m","prompt":"a"}""");
        using var output = new PooledBuffer();
        var editor = new BodyEditor(body);
        editor.StripClientOnly();

        Assert.Equal(body.Utf8, editor.Write(output));
        Assert.Equal(0, output.Length);
    }

    [Theory]
    [InlineData("""{"model":"m","prompt":"a","priority":1}""", """{"model":"m","prompt":"a"}""")]
    [InlineData("""{"priority":1,"model":"m","prompt":"a"}""", """{"model":"m","prompt":"a"}""")]
    [InlineData("""{"model":"m" , "priority" : 1 , "prompt":"a" }""", """{"model":"m" , "prompt":"a" }""")]
    [InlineData("""{ "priority":1,"cache_salt":"x", "model":"m","prompt":"a","krewe":{"a":[1]}, "bootstrap_room":5}""", """{ "model":"m","prompt":"a"}""")]
    [InlineData("""{"model":"m","kv_transfer_params":{"remote_host":"x"},"bootstrap_host":"h","bootstrap_port":[1,2],"prompt":"a","bootstrap_x":null}""", """{"model":"m","prompt":"a"}""")]
    [InlineData("""{"model":"m","prompt":"a","disagg\u0072egated_params":{}}""", """{"model":"m","prompt":"a"}""")]
    public void StripClientOnly_takes_out_what_no_client_may_set(string json, string expected)
    {
        using var output = new PooledBuffer();
        var editor = new BodyEditor(Parse(json));
        editor.StripClientOnly();

        Assert.Equal(expected, Encoding.UTF8.GetString(editor.Write(output).Span));
    }

    [Fact]
    public void Write_a_value_set_after_stripping_stays()
    {
        using var output = new PooledBuffer();
        var editor = new BodyEditor(Parse("""{"model":"m","priority":1,"prompt":"a"}"""));
        editor.StripClientOnly();
        editor.Set(BodyProperty.Priority, -5);

        Assert.Equal("""{"model":"m","priority":-5,"prompt":"a"}""", Encoding.UTF8.GetString(editor.Write(output).Span));
    }

    [Fact]
    public void Write_goes_behind_what_the_buffer_holds()
    {
        using var output = new PooledBuffer();
        output.Write("before"u8);
        var editor = new BodyEditor(Parse("""{"model":"m","prompt":"a"}"""));
        editor.Set(BodyProperty.MaxTokens, 1);

        Assert.Equal("""{"model":"m","prompt":"a","max_tokens":1}""", Encoding.UTF8.GetString(editor.Write(output).Span));
        Assert.StartsWith("before{", Encoding.UTF8.GetString(output.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_equals_the_reference_byte_for_byte_and_as_json_for_any_body_and_any_edits()
    {
        var space = Gen.Elements("", " ", "\n  ", "\t", "\r\n");
        var value = Gen.Elements("1", "-0", "true", "null", "\"a,}{\\\"\\\\\"", "\"é😀\"", "[1,{\"stream\":2},[]]", "{\"priority\":{\"x\":\",\"}}", "\"\\ud83d\\ude00\"");
        var segment = from before in space from after in space from colon in space from v in value select (before, after, colon, v);
        var change = Gen.Elements(Change.None, Change.Remove, Change.Json, Change.Number);
        var cases =
            from order in Gen.Shuffle(Enumerable.Range(0, Editable.Length + 4).ToArray())
            from count in Gen.Choose(0, Editable.Length + 4)
            from segments in Gen.ArrayOf(segment, Editable.Length + 4)
            from changes in Gen.ArrayOf(change, Editable.Length)
            from strip in Gen.Elements(true, false)
            from outer in space
            select (order, count, segments, changes, strip, outer);

        Prop.ForAll(cases.ToArbitrary(), c => Check(c.order, c.count, c.segments, c.changes, c.strip, c.outer))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static void Check(int[] order, int count, (string Before, string After, string Colon, string Value)[] segments, Change[] changes, bool strip, string outer)
    {
        var kept = new List<string>();
        var expected = new List<string>();
        var reference = new JsonObject();
        var present = new HashSet<int>();
        foreach (var which in order.Take(count).Concat([100, 101]))
        {
            // Beyond the editable ones: two bootstrap fields, two unknown ones; 100 and 101 are what every body must have.
            var (before, after, colon, value) = which < 100 ? segments[which] : (" ", "", " ", which == 100 ? "\"m\"" : "\"p\"");
            var name = which < Editable.Length ? Editable[which].Name
                : which < 100 ? new[] { "bootstrap_a", "bootstrap_b", "other", "another" }[which - Editable.Length]
                : which == 100 ? "model" : "prompt";
            value = name switch
            {
                "stream" => "true",
                "stream_options" or "krewe" => "{ \"a\" : [ ] }",
                "max_tokens" or "min_tokens" => "12",
                _ => value,
            };
            kept.Add($"{before}\"{name}\"{colon}:{colon}{value}{after}");
            var edit = which < Editable.Length ? changes[which] : Change.None;
            var stripped = strip && (which is >= 4 and < 9 || name.StartsWith("bootstrap_", StringComparison.Ordinal));
            if (which < Editable.Length)
            {
                present.Add(which);
            }

            if (edit == Change.Remove || (stripped && edit == Change.None))
            {
                continue;
            }

            value = edit switch { Change.Json => "{\"set\":[1]}", Change.Number => "-77", _ => value };
            expected.Add($"{before}\"{name}\"{colon}:{colon}{value}{after}");
            reference[name] = JsonNode.Parse(value);
        }

        for (var i = 0; i < Editable.Length; i++)
        {
            // In the order of the enumeration, as the list above is.
            if (!present.Contains(i) && changes[i] is Change.Json or Change.Number)
            {
                var value = changes[i] == Change.Json ? "{\"set\":[1]}" : "-77";
                reference[Editable[i].Name] = JsonNode.Parse(value);
            }
        }

        var added = Editable
            .Select((editable, i) => (editable, i))
            .Where(e => !present.Contains(e.i) && changes[e.i] is Change.Json or Change.Number)
            .OrderBy(e => e.editable.Property)
            .Select(e => $"\"{e.editable.Name}\":{(changes[e.i] == Change.Json ? "{\"set\":[1]}" : "-77")}");
        var body = Parse(outer + "{" + string.Join(',', kept) + "}" + outer);
        var editor = new BodyEditor(body);
        if (strip)
        {
            editor.StripClientOnly();
        }

        for (var i = 0; i < Editable.Length; i++)
        {
            switch (changes[i])
            {
                case Change.Remove:
                    editor.Remove(Editable[i].Property);
                    break;
                case Change.Json:
                    editor.Set(Editable[i].Property, "{\"set\":[1]}"u8.ToArray());
                    break;
                case Change.Number:
                    editor.Set(Editable[i].Property, -77);
                    break;
                default:
                    break;
            }
        }

        using var output = new PooledBuffer();
        var written = Encoding.UTF8.GetString(editor.Write(output).Span);
        Assert.Equal(outer + "{" + string.Join(',', expected.Concat(added)) + "}" + outer, written);
        Assert.True(JsonNode.DeepEquals(reference, JsonNode.Parse(written)), written);
    }

    private static RequestBody Parse(string json)
    {
        Assert.True(RequestBody.TryParse(Encoding.UTF8.GetBytes(json), RequestEndpoint.Completions, out var body, out var error), error?.Message + json);
        return body;
    }
}
