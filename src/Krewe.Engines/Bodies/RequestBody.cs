using System.Diagnostics.CodeAnalysis;

namespace Krewe.Engines.Bodies;

/// <summary>
/// A client's body, looked over once: what routing and the engine protocols need, and where the fields stand that a
/// leg may change. It keeps the client's bytes, not a copy: they must outlive it.
/// </summary>
public sealed class RequestBody
{
    /// <summary>The deepest nesting of arrays and objects that is accepted.</summary>
    public const int MaxDepth = 64;

    /// <summary>The longest model name, in bytes of JSON.</summary>
    public const int MaxModelLength = 512;

    /// <summary>The largest <c>n</c> and <c>best_of</c>.</summary>
    public const int MaxChoices = 1024;

    // Beyond any engine's reach, and far from overflowing.
    private const double MostTokens = 1e12;

    private PropertySpans _spans;
    private List<PropertySpan>? _bootstrap;

    internal RequestBody(ReadOnlyMemory<byte> utf8, RequestEndpoint endpoint)
    {
        Utf8 = utf8;
        Endpoint = endpoint;
    }

    /// <summary>The client's bytes.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; }

    public RequestEndpoint Endpoint { get; }

    public string Model { get; internal set; } = "";

    /// <summary>Whether the client wants a stream.</summary>
    public bool Stream { get; internal set; }

    /// <summary>The client's own <c>stream_options.include_usage</c>.</summary>
    public bool IncludeUsage { get; internal set; }

    /// <summary>The client's own <c>stream_options.continuous_usage_stats</c>.</summary>
    public bool ContinuousUsage { get; internal set; }

    /// <summary>The client's <c>max_tokens</c>, in tokens.</summary>
    public int? MaxTokens { get; internal set; }

    /// <summary>The client's <c>max_completion_tokens</c>, in tokens.</summary>
    public int? MaxCompletionTokens { get; internal set; }

    /// <summary>The limit that engines obey: <c>max_completion_tokens</c> if given, else <c>max_tokens</c>.</summary>
    public int? OutputLimit => MaxCompletionTokens ?? MaxTokens;

    public int? MinTokens { get; internal set; }

    public int? MinCompletionTokens { get; internal set; }

    /// <summary>The client's <c>n</c>; 1 if not given.</summary>
    public int Choices { get; internal set; } = 1;

    /// <summary>The client's <c>best_of</c>; 1 if not given.</summary>
    public int BestOf { get; internal set; } = 1;

    public RequestTraits Traits { get; internal set; }

    public PromptKind PromptKind { get; internal set; }

    /// <summary>Prompts in the request: 1 for chat.</summary>
    public int PromptCount { get; internal set; } = 1;

    /// <summary>A guess: a quarter of the bytes of the prompt or the messages, or the token ids counted; at least 1.</summary>
    public int EstimatedPromptTokens { get; internal set; } = 1;

    /// <summary>Where the client wants to go on with an answer that it holds a part of; null = it begins one.</summary>
    public ResumePoint? Resume { get; internal set; }

    /// <summary>Tokens that it may cost: the prompt, by estimate, and as many of output as it allows for each choice.</summary>
    /// <param name="outputTokens">For what sets no limit.</param>
    public long ExpectedTokens(int outputTokens) => EstimatedPromptTokens
        + (Endpoint == RequestEndpoint.Embeddings ? 0 : (long)Math.Min(MostTokens, (double)Math.Max(Choices, BestOf) * PromptCount * (OutputLimit ?? outputTokens)));

    internal int OpenBrace { get; set; }

    internal int CloseBrace { get; set; }

    internal int PropertyCount { get; set; }

    internal ReadOnlySpan<PropertySpan> Bootstrap => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bootstrap);

    /// <summary>Looks over a body. False = it is refused, with the reason.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> utf8,
        RequestEndpoint endpoint,
        [NotNullWhen(true)] out RequestBody? body,
        [NotNullWhen(false)] out BodyError? error)
    {
        var parsed = new RequestBody(utf8, endpoint);
        error = new RequestBodyScanner(parsed).Scan();
        body = error is null ? parsed : null;
        return error is null;
    }

    /// <summary>Whether any of these traits is there.</summary>
    public bool HasAny(RequestTraits traits) => (Traits & traits) != 0;

    public bool Contains(BodyProperty property) => Span(property).IsPresent;

    /// <summary>The JSON of a field's value as the client wrote it; empty if the field is not there.</summary>
    public ReadOnlyMemory<byte> Value(BodyProperty property)
    {
        ref readonly var span = ref Span(property);
        return span.IsPresent ? Utf8[span.ValueStart..span.ValueEnd] : default;
    }

    internal ref readonly PropertySpan Span(BodyProperty property) => ref _spans[(int)property];

    internal void Keep(KnownName name, PropertySpan span)
    {
        if ((int)name < PropertySpans.Count)
        {
            _spans[(int)name] = span;
        }
        else if (name == KnownName.Bootstrap)
        {
            (_bootstrap ??= []).Add(span);
        }
    }
}
