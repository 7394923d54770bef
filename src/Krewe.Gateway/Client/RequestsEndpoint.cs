using System.Globalization;
using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Core.Resume;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Resume;
using Krewe.Gateway.Client.Access;
using Krewe.Gateway.Control;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Resume;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>
/// A client's requests by their ids, on any silo: the rest of a stream, how a request stands, its end. What is not here is
/// asked of the silo whose mark the id bears. What is somebody else's is answered like what never was.
/// </summary>
internal sealed class RequestsEndpoint(FleetServices fleet, LocalRequests local, HeldStreams streams, SiloLifetime silo)
{
    private const string LastEventId = "Last-Event-ID";

    private static readonly TimeSpan PeerLimit = TimeSpan.FromSeconds(5);

    public async Task StreamAsync(HttpContext http, ClientCaller caller)
    {
        if (!TryReadId(http, out var id))
        {
            await RefuseAsync(http, Gone());
            return;
        }

        if (!TryReadAfter(http, out var after))
        {
            await RefuseAsync(http, ApiErrors.InvalidRequest($"{LastEventId} must be the number of an event, from 0.", LastEventId));
            return;
        }

        // A stream that goes on here is read to its end, also where no new requests are taken.
        silo.Enter();
        try
        {
            if (streams.Find(id, caller.Tenant) is { } stream)
            {
                await ReadAsync(http, stream, after);
            }
            else
            {
                await RelayAsync(http, caller.Tenant, id, after);
            }
        }
        finally
        {
            silo.Exit();
        }
    }

    public async Task DescribeAsync(HttpContext http, ClientCaller caller)
    {
        var tenant = caller.Tenant;
        var json = !TryReadId(http, out var id) ? null
            : await local.DescribeAsync(id, tenant, http.RequestAborted)
                ?? await AskAsync(id, (peers, at) => peers.DescribeAsync(at, id, tenant, http.RequestAborted), http.RequestAborted);
        if (json is null)
        {
            await RefuseAsync(http, Gone());
            return;
        }

        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsync(json, http.RequestAborted);
    }

    public async Task CancelAsync(HttpContext http, ClientCaller caller)
    {
        var tenant = caller.Tenant;
        if (TryReadId(http, out var id)
            && (await local.CancelAsync(id, tenant, http.RequestAborted)
                || await AskAsync(id, (peers, at) => peers.CancelAsync(at, id, tenant, http.RequestAborted), http.RequestAborted)))
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        await RefuseAsync(http, Gone());
    }

    private static ApiError Gone() => ApiErrors.Of(RequestOutcome.RequestGone);

    private static Task RefuseAsync(HttpContext http, ApiError error) => ErrorWriter.WriteAsync(http.Response, error, http.RequestAborted);

    /// <summary>The request that is asked for, whose id the answer has then.</summary>
    private static bool TryReadId(HttpContext http, out RequestId id)
    {
        if (!RequestId.TryParse((string?)http.Request.RouteValues["id"], out id))
        {
            return false;
        }

        RequestIds.Refer(http, id);
        return true;
    }

    private static bool TryReadAfter(HttpContext http, out int after)
    {
        after = -1;
        return !http.Request.Headers.TryGetValue(LastEventId, out var text)
            || int.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out after);
    }

    private static ApiError Ahead() => ApiErrors.InvalidRequest($"{LastEventId} names an event that has not been.", LastEventId);

    private async Task ReadAsync(HttpContext http, HeldStream stream, int after)
    {
        switch (stream.Attach(after, out var reader))
        {
            case AttachResult.Attached:
                fleet.Instruments.OnResume(ResumeOutcome.Attached);
                HeldReply.Begin(http);
                await http.Response.StartAsync(http.RequestAborted);
                await HeldReply.SendAsync(http, reader!);
                break;
            case AttachResult.Ahead:
                await RefuseAsync(http, Ahead());
                break;
            default:
                fleet.Instruments.OnResume(ResumeOutcome.Missed);
                await RefuseAsync(http, Gone());
                break;
        }
    }

    /// <summary>Reads the stream where it is held, one answer after another, and passes it on.</summary>
    private async Task RelayAsync(HttpContext http, TenantId tenant, RequestId id, int after)
    {
        var reader = 0;
        while (true)
        {
            var batch = await AskAsync(id, (peers, at) => peers.ReadAsync(at, id, tenant, after, reader, http.RequestAborted), http.RequestAborted)
                ?? StreamBatch.Without(StreamStatus.Gone);
            var isFirst = reader == 0;
            if (batch.Status is StreamStatus.Gone or StreamStatus.Missed or StreamStatus.Ahead or StreamStatus.Superseded)
            {
                await RefuseRelayAsync(http, batch.Status, isFirst);
                return;
            }

            if (isFirst)
            {
                fleet.Instruments.OnResume(ResumeOutcome.Relayed);
                HeldReply.Begin(http);
            }

            (reader, after) = (batch.Reader, batch.Through);
            if ((isFirst || !batch.Events.IsEmpty) && (await http.Response.BodyWriter.WriteAsync(batch.Events, http.RequestAborted)).IsCompleted)
            {
                return;
            }

            switch (batch.Status)
            {
                case StreamStatus.Ended:
                    return;
                case StreamStatus.Cut:
                    throw new StreamCutException();
                default:
                    break;
            }
        }
    }

    private async Task RefuseRelayAsync(HttpContext http, StreamStatus status, bool isFirst)
    {
        if (isFirst)
        {
            if (status != StreamStatus.Ahead)
            {
                fleet.Instruments.OnResume(status == StreamStatus.Missed ? ResumeOutcome.Missed : ResumeOutcome.Gone);
            }

            await RefuseAsync(http, status == StreamStatus.Ahead ? Ahead() : Gone());
            return;
        }

        if (status == StreamStatus.Superseded)
        {
            await HeldReply.FailAsync(http, ApiErrors.AttachedElsewhere);
        }

        // Its silo has gone: the client sees the cut, comes again, and is told so.
        throw new StreamCutException();
    }

    /// <summary>Asks the silo that the id names; null or false where there is none, or it does not answer.</summary>
    private async ValueTask<T?> AskAsync<T>(RequestId id, Func<IRequestPeers, SiloId, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        if (fleet.RequestPeers is not { } peers)
        {
            return default;
        }

        foreach (var at in fleet.Roster.Others)
        {
            if (!id.MayBeOf(at))
            {
                continue;
            }

            try
            {
                return await ask(peers, at).Within(PeerLimit, fleet.Time, cancellationToken);
            }
            catch (Exception error) when (error is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
            {
                // It went, or is about to: what it held is gone with it.
                return default;
            }
        }

        return default;
    }
}
