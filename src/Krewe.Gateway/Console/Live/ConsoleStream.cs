using System.Text.Encodings.Web;
using System.Text.Json;
using Krewe.Core.Time;
using Krewe.Engines.Buffers;
using Krewe.Fleet.Hosting;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Control.Operators;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Krewe.Gateway.Console.Live;

/// <summary>
/// <c>GET /admin/v1/stream</c>: server-sent events. First <c>snapshot</c>, everything that the board has; then <c>change</c>,
/// what has changed since, some times a second where anything has; a comment where nothing has for long. Both are
/// <c>{"now":…,"silo":…,"cards":[…],"events":[…],"missed":…}</c>: cards as <see cref="ConsoleBoard"/> writes them, transitions
/// newest first, and how many came between that were too many to tell. One message at a time is under way to a reader;
/// meanwhile what changes is gathered on the board, once for all.
/// </summary>
internal sealed class ConsoleStream(FleetServices fleet, ConsoleBoard board, ControlAccess access)
{
    /// <summary>Most readers at a time.</summary>
    public const int MaxReaders = 32;

    private const int MostEvents = 200;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    // A reader that does not take a message within this is gone, or should be.
    private static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(20);

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private int _readers;

    public async ValueTask<ApiError?> GetAsync(HttpContext http)
    {
        var response = http.Response;
        if (Interlocked.Increment(ref _readers) > MaxReaders)
        {
            Interlocked.Decrement(ref _readers);
            return ApiErrors.NoAnswer($"{MaxReaders} readers are connected already.");
        }

        try
        {
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-store";
            response.Headers["X-Accel-Buffering"] = "no";
            if (!HttpMethods.IsHead(http.Request.Method))
            {
                await RunAsync(http);
            }

            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _readers);
        }
    }

    private async Task RunAsync(HttpContext http)
    {
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        // A silo that goes down does not wait for its readers.
        var stopping = http.RequestServices?.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        var (cards, events, isFirst) = (0L, 0L, true);
        var written = fleet.Time.GetMonotonic();
        try
        {
            // An operator whose token is taken back has seen the last of it.
            while (access.Identify(http, out _) is { IsOperator: true })
            {
                using var message = new PooledBuffer();
                var any = Write(message, isFirst, ref cards, ref events);
                var now = fleet.Time.GetMonotonic();
                if (!any && now - written >= Heartbeat)
                {
                    message.Clear();
                    message.Write(": still here\n\n"u8);
                    any = true;
                }

                if (any)
                {
                    (isFirst, written) = (false, now);
                    await SendAsync(http, message.Memory, over.Token);
                }

                await Task.Delay(Interval, fleet.Time, over.Token);
            }
        }
        catch (Exception gone) when (gone is TimeoutException || (over.IsCancellationRequested && gone is OperationCanceledException or IOException))
        {
            // Gone, too slow, or this silo stops: a reader comes again.
            if (gone is TimeoutException)
            {
                http.Abort();
            }
        }
    }

    private async Task SendAsync(HttpContext http, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        var write = http.Response.Body.WriteAsync(message, cancellationToken);
        if (write.IsCompletedSuccessfully)
        {
            return;
        }

        var writing = write.AsTask();
        try
        {
            await writing.WaitAsync(WriteLimit, fleet.Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The buffer is not given back before nobody reads it any more.
            http.Abort();
            await writing.WaitAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private bool Write(PooledBuffer message, bool isFirst, ref long cards, ref long events)
    {
        message.Write(isFirst ? "event: snapshot\ndata: "u8 : "event: change\ndata: "u8);
        bool any;
        using (var json = new Utf8JsonWriter(message, Json))
        {
            json.WriteStartObject();
            json.WriteNumber("now"u8, CardJson.Milliseconds(fleet.Time.GetMonotonic()));
            json.WriteString("silo"u8, fleet.Silo.Value);
            json.WritePropertyName("cards"u8);
            cards = board.WriteChanges(json, cards, out any);
            any |= WriteEvents(json, isFirst, ref events);
            json.WriteEndObject();
        }

        message.Write("\n\n"u8);
        return any || isFirst;
    }

    private bool WriteEvents(Utf8JsonWriter json, bool isFirst, ref long events)
    {
        var entries = fleet.Events.After(events, MostEvents);
        json.WriteStartArray("events"u8);
        foreach (var entry in entries)
        {
            EventJson.Write(json, entry);
        }

        json.WriteEndArray();
        json.WriteNumber("missed"u8, entries.Count == 0 || isFirst ? 0 : entries[^1].Sequence - events - 1);
        if (entries.Count > 0)
        {
            events = entries[0].Sequence;
        }

        return entries.Count > 0;
    }
}
