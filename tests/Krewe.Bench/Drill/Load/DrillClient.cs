using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Text.Json;
using Krewe.Bench.Drill.Record;

namespace Krewe.Bench.Drill.Load;

/// <summary>An application's side of one request: sends it, and records what comes, when.</summary>
internal sealed class DrillClient : IDisposable
{
    /// <summary>By reliability.md L1 a request ends a second after its deadline at the latest.</summary>
    private static readonly TimeSpan AfterDeadline = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http;
    private readonly ITargets _targets;
    private readonly DrillClock _clock;

    public DrillClient(ITargets targets, DrillClock clock)
    {
        _targets = targets;
        _clock = clock;
        _http = new HttpClient(
            new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, MaxConnectionsPerServer = int.MaxValue, ConnectTimeout = ConnectLimit })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <param name="record">Where it is recorded, up to its end.</param>
    /// <param name="leave">Cancelled when the drill leaves the request.</param>
    public async Task RunAsync(RequestRecord record, CancellationToken leave)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(leave);
        stop.CancelAfter(record.Plan.Deadline + AfterDeadline);
        RecordedEnd end;
        try
        {
            end = await SendAsync(record, stop.Token);
        }
        catch (OperationCanceledException)
        {
            end = leave.IsCancellationRequested ? RecordedEnd.Left : RecordedEnd.Hung;
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            end = record.Status is null ? RecordedEnd.Unreachable : RecordedEnd.Cut;
        }

        record.Ended(end, _clock.Now);
    }

    public void Dispose() => _http.Dispose();

    private async Task<RecordedEnd> SendAsync(RequestRecord record, CancellationToken stop)
    {
        using var response = await AskAsync(record, stop);
        record.Answered((int)response.StatusCode, response.Headers.TryGetValues("Krewe-Request-Id", out var ids) ? ids.First() : null);
        if (!response.IsSuccessStatusCode)
        {
            Refused(record, await response.Content.ReadAsStringAsync(stop));
            return RecordedEnd.Refused;
        }

        if (!record.Plan.Streams)
        {
            record.Take(Chunk.Read(await response.Content.ReadAsByteArrayAsync(stop)), _clock.Now);
            return record.HasErrorEvent ? RecordedEnd.Cut : RecordedEnd.Completed;
        }

        await ReadEventsAsync(record, await response.Content.ReadAsStreamAsync(stop), stop);
        return record.IsDone ? RecordedEnd.Completed : RecordedEnd.Truncated;
    }

    /// <summary>Where a silo takes no connection nothing of the request was sent, and a balancer sends it to another.</summary>
    private async Task<HttpResponseMessage> AskAsync(RequestRecord record, CancellationToken stop)
    {
        var tried = new List<Target>();
        Exception? last = null;
        while (_targets.Next(tried) is { } target)
        {
            record.SentTo(target.Name, tried.Count);
            using var request = Request(record.Plan, target);
            try
            {
                return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            }
            catch (Exception error) when (IsNoConnection(error, stop))
            {
                last = error;
                tried.Add(target);
            }
        }

        throw new HttpRequestException("No silo takes connections.", last);
    }

    private static HttpRequestMessage Request(RequestPlan plan, Target target)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(target.Client, plan.Path)) { Content = new ByteArrayContent(plan.Body()) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("Krewe-Deadline-Ms", ((long)plan.Deadline.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
        return request;
    }

    // The connect limit shows as a cancellation that nobody asked for.
    private static bool IsNoConnection(Exception error, CancellationToken stop) =>
        error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } || (error is OperationCanceledException && !stop.IsCancellationRequested);

    private static void Refused(RequestRecord record, string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var error = Chunk.ErrorOf(json.RootElement);
            record.Refused(error ?? body, error is not null);
        }
        catch (JsonException)
        {
            record.Refused(body, isContractShape: false);
        }
    }

    private static void Take(RequestRecord record, ReadOnlySpan<byte> line, TimeSpan at)
    {
        if (line.StartsWith("data:"u8))
        {
            record.Take(line["data:".Length..].Trim((byte)' ').TrimEnd((byte)'\r'), at);
        }
    }

    private async Task ReadEventsAsync(RequestRecord record, Stream body, CancellationToken stop)
    {
        // Not the product's reader: what it gets wrong must not be right here.
        var reader = PipeReader.Create(body);
        while (true)
        {
            var read = await reader.ReadAsync(stop);
            var at = _clock.Now;
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                var line = rest.Slice(0, end);
                rest = rest.Slice(rest.GetPosition(1, end));
                Take(record, line.IsSingleSegment ? line.FirstSpan : line.ToArray(), at);
            }

            reader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
