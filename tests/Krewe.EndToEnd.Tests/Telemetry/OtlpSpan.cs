namespace Krewe.EndToEnd.Tests.Telemetry;

/// <summary>A span as the collector got it.</summary>
internal sealed record OtlpSpan(string TraceId, string SpanId, string ParentId, string Name, int Kind, IReadOnlyDictionary<string, string> Attributes)
{
    public const int Server = 2;
    public const int Client = 3;

    public static OtlpSpan Read(ProtobufMessage span) => new(
        Convert.ToHexStringLower(span.Bytes(1)),
        Convert.ToHexStringLower(span.Bytes(2)),
        Convert.ToHexStringLower(span.Bytes(4)),
        span.Text(5),
        (int)span.Number(6),
        ProtobufMessage.Attributes(span.Messages(9)).ToDictionary());
}
