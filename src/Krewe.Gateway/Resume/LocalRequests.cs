using System.Buffers;
using System.Text;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Core.Resume;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Resume;
using Krewe.Gateway.Control;
using Krewe.Gateway.Serving;

namespace Krewe.Gateway.Resume;

/// <summary>This silo's requests by their ids, for clients that come back here or by way of another silo.</summary>
internal sealed class LocalRequests(FleetServices fleet, IActors actors, HeldStreams streams, RunningCalls calls) : IRequestHolder
{
    /// <summary>Most bytes of events in one answer to another silo.</summary>
    private const int MostAtOnce = 64 << 10;

    /// <summary>How long another silo waits for something new before it is told that there is nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ActorLimit = TimeSpan.FromSeconds(2);

    public async ValueTask<StreamBatch> ReadAsync(RequestId id, TenantId tenant, int after, int reader, CancellationToken cancellationToken)
    {
        if (streams.Find(id, tenant) is not { } stream)
        {
            return StreamBatch.Without(StreamStatus.Gone);
        }

        HeldReader? held;
        AttachResult result;
        if (reader == 0)
        {
            result = stream.Attach(after, out held);
        }
        else if (!stream.TryReturn(reader, after, out result, out held))
        {
            return StreamBatch.Without(StreamStatus.Superseded);
        }

        if (held is null)
        {
            return StreamBatch.Without(result == AttachResult.Ahead ? StreamStatus.Ahead : StreamStatus.Missed);
        }

        try
        {
            return await ReadAsync(held, after, cancellationToken);
        }
        finally
        {
            // Between two reads nobody is there: should the other silo die, nobody else would notice.
            held.Leave();
        }
    }

    public async ValueTask<string?> DescribeAsync(RequestId id, TenantId tenant, CancellationToken cancellationToken)
    {
        var request = await FindAsync(id, cancellationToken);
        if (request is null || request.Tenant != tenant)
        {
            return null;
        }

        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output))
        {
            Write(json, request, streams.Find(id, tenant) is { MayBeRead: true });
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    public async ValueTask<bool> CancelAsync(RequestId id, TenantId tenant, CancellationToken cancellationToken)
    {
        if (streams.Find(id, tenant) is { } stream)
        {
            stream.Cancel();
            return true;
        }

        // One that has ended is cancelled as far as can be.
        return calls.TryCancel(id, tenant) || (await FindAsync(id, cancellationToken))?.Tenant == tenant;
    }

    private static async ValueTask<StreamBatch> ReadAsync(HeldReader held, int after, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var wake = limit.Token.UnsafeRegister(static reader => ((HeldReader)reader!).Wake(), held);
        limit.CancelAfter(Patience);
        while (true)
        {
            switch (held.Look())
            {
                case HeldStatus.Some:
                    var events = new ArrayBufferWriter<byte>(4 << 10);
                    var through = held.Read(events, MostAtOnce);
                    return new StreamBatch(
                        held.Look() == HeldStatus.Ended ? End(held.Stream) : StreamStatus.Open, held.Number, through, events.WrittenMemory);
                case HeldStatus.Ended:
                    return new StreamBatch(End(held.Stream), held.Number, after, default);
                case HeldStatus.Superseded:
                    return StreamBatch.Without(StreamStatus.Superseded);
                case HeldStatus.None when limit.IsCancellationRequested:
                    return new StreamBatch(StreamStatus.Open, held.Number, after, default);
                default:
                    await held.WaitAsync();
                    break;
            }
        }
    }

    private static StreamStatus End(HeldStream stream) => stream.Failure is null ? StreamStatus.Ended : StreamStatus.Cut;

    private static void Write(Utf8JsonWriter json, RequestDescription request, bool isHeld)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, request.Id.ToString());
        json.WriteString("model"u8, request.Model);
        json.WriteBoolean("stream"u8, request.Streaming);
        json.WriteString("state"u8, Words.Of(request.Phase));
        json.WriteString("outcome"u8, request.Outcome?.MetricTag());
        json.WriteNumber("ageMs"u8, Math.Round(request.AgeMs, 3));
        json.WriteNumber("deadlineRemainingMs"u8, Math.Round(request.DeadlineRemainingMs, 3));
        json.WriteNumber("attempts"u8, request.Attempts.Count);
        json.WriteNumber("tokensSent"u8, request.TokensSent);
        json.WriteBoolean("resumable"u8, isHeld);
        json.WriteEndObject();
    }

    private async ValueTask<RequestDescription?> FindAsync(RequestId id, CancellationToken cancellationToken)
    {
        try
        {
            return await actors.Request(id).DescribeAsync().Within(ActorLimit, fleet.Time, cancellationToken) ?? fleet.EndedRequests.Find(id);
        }
        catch (InvalidOperationException)
        {
            // It was opened, and is not under way.
            return fleet.EndedRequests.Find(id);
        }
    }
}
