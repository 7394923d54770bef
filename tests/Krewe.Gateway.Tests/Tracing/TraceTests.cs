using System.Collections.Concurrent;
using System.Diagnostics;
using Krewe.Core.Instances;
using Krewe.Gateway.Tests.Client;
using Krewe.Gateway.Tracing;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Tests.Tracing;

/// <summary>Spans of requests and legs, and the trace context on its way to engines.</summary>
public sealed class TraceTests
{
    private const string Role = """{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"sim-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""";
    private const string Text = """{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"sim-model","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}""";
    private const string End = """{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"sim-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""";

    [Fact]
    public async Task Each_attempt_has_a_span_that_names_the_life_it_ran_on_and_why_it_ended()
    {
        using var watch = new SpanWatch();
        await using var fixture = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        await using var failing = await ScriptedEngine.StartAsync();
        await fixture.RegisterAsync("bad", InstanceRole.Mixed, failing.Url, "bad-life");
        using var refused = await fixture.PostAsync("/v1/chat/completions", Chat(), headers: ("traceparent", Parent("1")));
        await Krewe.Testing.Eventually.TrueAsync(() => watch.Of(Trace("1")).Any(span => span.Kind == ActivityKind.Server));

        var spans = watch.Of(Trace("1"));
        var server = Assert.Single(spans, span => span.Kind == ActivityKind.Server);
        var legs = spans.Where(span => span.Kind == ActivityKind.Client).OrderBy(span => span.GetTagItem("krewe.attempt")).ToList();
        Assert.NotEmpty(legs);
        Assert.All(legs, leg =>
        {
            Assert.Equal(server.SpanId, leg.ParentSpanId);
            Assert.Equal(("bad", 1L, "bad-life", "whole", "engine_error"), ((string?)leg.GetTagItem("krewe.instance"), (long)leg.GetTagItem("krewe.epoch")!, (string?)leg.GetTagItem("krewe.incarnation"), (string?)leg.GetTagItem("krewe.leg"), (string?)leg.GetTagItem("error.type")));
            Assert.Equal(ActivityStatusCode.Error, leg.Status);
        });
        Assert.Equal(Enumerable.Range(1, legs.Count), legs.Select(leg => (int)leg.GetTagItem("krewe.attempt")!));
        Assert.Equal(("engine_error", legs.Count), ((string?)server.GetTagItem("error.type"), (int)server.GetTagItem("krewe.attempts")!));

        // What each engine was told is its own leg.
        Assert.Equal(legs.Select(leg => leg.Id), failing.TraceParents);
    }

    [Fact]
    public async Task A_client_s_state_goes_with_its_trace()
    {
        using var watch = new SpanWatch();
        await using var fixture = await GatewayFixture.StartAsync();
        await using var engine = await ScriptedEngine.StartAsync();
        engine.Answers(Role, Text, End);
        await fixture.RegisterAsync("m1", InstanceRole.Mixed, engine.Url);

        using var answer = await fixture.PostAsync("/v1/chat/completions", Chat(), headers: [("traceparent", Parent("2")), ("tracestate", "vendor=1")]);
        await answer.Content.ReadAsStringAsync();

        Assert.Equal("vendor=1", Assert.Single(engine.TraceStates));
        Assert.StartsWith($"00-{Trace("2")}-", Assert.Single(engine.TraceParents), StringComparison.Ordinal);
        await Krewe.Testing.Eventually.TrueAsync(() => watch.Of(Trace("2")).Any(span => span.Kind == ActivityKind.Server));
        var server = watch.Of(Trace("2")).Single(span => span.Kind == ActivityKind.Server);
        Assert.True(server.HasRemoteParent);
        Assert.Contains(server.Events, one => one.Name == "first_token");
        Assert.Equal("completed", server.GetTagItem("krewe.outcome"));
    }

    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=1", true, "a=1")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=\u00e9", true, null)]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01", "a=1", false, null)]
    [InlineData("not a trace", "a=1", false, null)]
    [InlineData("", "", false, null)]
    public void What_is_no_trace_context_is_passed_over(string parent, string state, bool isRead, string? readState)
    {
        var headers = new HeaderDictionary { ["traceparent"] = parent, ["tracestate"] = state };

        var read = TraceHeaders.Read(headers);

        Assert.Equal((isRead ? parent : null, readState), (read.Parent, read.State));
    }

    private static object Chat() => new { model = "sim-model", stream = true, messages = new[] { new { role = "user", content = "hello" } } };

    private static string Trace(string digit) => new(digit[0], 32);

    private static string Parent(string digit) => $"00-{Trace(digit)}-b7ad6b7169203331-01";

    /// <summary>Listens to the silo's spans, and keeps those that ended.</summary>
    private sealed class SpanWatch : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly ActivityListener _listener;

        public SpanWatch()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == KreweTraces.SourceName,
                Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _ended.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public List<Activity> Of(string trace) => [.. _ended.Where(span => span.TraceId.ToHexString() == trace)];

        public void Dispose() => _listener.Dispose();
    }
}
