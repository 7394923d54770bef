using System.Threading.Channels;
using Grpc.Core;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Requests;
using Krewe.Fleet.Hosting;
using Krewe.Gateway.Control;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Control.Engines;
using Krewe.Gateway.Control.Json;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Lifecycle;
using Krewe.Grpc.Errors;
using Krewe.Grpc.V1;
using Microsoft.Extensions.Logging;
using InstanceStatus = Krewe.Grpc.V1.InstanceStatus;

namespace Krewe.Grpc.Sessions;

/// <summary>
/// One engine's life over one stream. What the agent says is done in turn; what it is told goes through a small outbox,
/// so that an agent that does not read holds up nobody but itself.
/// </summary>
internal sealed partial class EngineSession(
    FleetServices fleet, EngineCommands engines, ControlOptions options, SessionTable sessions, SiloLifetime silo, Func<Caller> identify, ILogger logger) : IDisposable
{
    // An agent sends heartbeats twice a second. One that says nothing for so long has forgotten us.
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _silent = new();
    private readonly CancellationTokenSource _unread = new();

    // An answer, or null: look what is known of the instance.
    private readonly Channel<SiloMessage?> _outbox = Channel.CreateBounded<SiloMessage?>(4);
    private InstanceId _id;
    private IncarnationId _incarnation;
    private bool _isLookAsked;
    private bool _mustTell;
    private long _sequence;
    private (Liveness Liveness, AdminState Admin, Epoch Epoch)? _told;

    /// <summary>Ends with the stream.</summary>
    /// <exception cref="ApiErrorException">Something was refused.</exception>
    /// <exception cref="BadFieldException">A message is not what the contract says.</exception>
    public async Task RunAsync(IAsyncStreamReader<AgentMessage> agent, IServerStreamWriter<SiloMessage> output, CancellationToken gone)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(gone, silo.GraceOver, _silent.Token, _unread.Token);
        await using var timer = fleet.Time.CreateTimer(static self => ((EngineSession)self!)._silent.Cancel(), this, options.BodyTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            if (!await agent.MoveNext(over.Token))
            {
                return;
            }

            await RunAsync(agent, output, FirstOf(agent.Current), timer, over.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException && !gone.IsCancellationRequested)
        {
            throw silo.GraceOver.IsCancellationRequested ? new ApiErrorException(ApiErrors.Of(RequestOutcome.Draining))
                : _silent.IsCancellationRequested || _unread.IsCancellationRequested ? new ApiErrorException(ApiErrors.BodyTimeout with { Message = "The stream stood still for too long." })
                : error;
        }
    }

    public void Dispose()
    {
        _silent.Dispose();
        _unread.Dispose();
    }

    private async Task RunAsync(
        IAsyncStreamReader<AgentMessage> agent, IServerStreamWriter<SiloMessage> output, Register first, ITimer timer, CancellationToken over)
    {
        _id = AgentMessages.Id(first);
        CheckOwner();
        var registration = AgentMessages.Registration(first);
        _incarnation = registration.Incarnation;
        var number = sessions.Begin(_id, _incarnation);
        var telling = TellAsync(output, over);
        var isRegistered = false;
        try
        {
            await RegisterAsync(registration, over);
            isRegistered = true;
            using var watch = fleet.View.Watch(_id, Look);
            Look();
            timer.Change(SilenceLimit, Timeout.InfiniteTimeSpan);
            while (await agent.MoveNext(over))
            {
                timer.Change(SilenceLimit, Timeout.InfiniteTimeSpan);
                CheckOwner();
                await DoAsync(agent.Current, over);
            }
        }
        finally
        {
            _outbox.Writer.TryComplete();
            await telling;
            if (sessions.End(_id, _incarnation, number) && isRegistered)
            {
                await TellEndAsync();
            }
        }
    }

    private static Register FirstOf(AgentMessage message) => message.MessageCase == AgentMessage.MessageOneofCase.Register
        ? message.Register
        : throw BadFieldException.At("register", "must be the first message");

    private void CheckOwner()
    {
        if (!identify().Owns(_id))
        {
            throw new ApiErrorException(ApiErrors.NotOwner(_id));
        }
    }

    private async ValueTask DoAsync(AgentMessage message, CancellationToken cancellationToken)
    {
        switch (message.MessageCase)
        {
            case AgentMessage.MessageOneofCase.Heartbeat:
                await HeartbeatAsync(message.Heartbeat, cancellationToken);
                break;
            case AgentMessage.MessageOneofCase.Register:
                await RenewAsync(message.Register, cancellationToken);
                break;
            case AgentMessage.MessageOneofCase.Drain:
                Throw((await engines.AdministerAsync(_id, AgentMessages.Drain(message.Drain), cancellationToken)).Refusal);
                Volatile.Write(ref _mustTell, true);
                Look();
                break;
            default:
                throw BadFieldException.At("message", "must be register, heartbeat or drain");
        }
    }

    private async ValueTask RenewAsync(Register message, CancellationToken cancellationToken)
    {
        var registration = AgentMessages.Registration(message);
        if (AgentMessages.Id(message) != _id || registration.Incarnation != _incarnation)
        {
            throw BadFieldException.At("register", "must name the pool, instance and incarnation that the stream began with");
        }

        await RegisterAsync(registration, cancellationToken);
    }

    private async ValueTask RegisterAsync(Registration registration, CancellationToken cancellationToken)
    {
        var (reply, refusal) = await engines.RegisterAsync(_id, registration, cancellationToken);
        Throw(refusal);
        await _outbox.Writer.WriteAsync(
            new SiloMessage
            {
                Registered = new Registered
                {
                    Epoch = reply!.Epoch.Value,
                    State = Words.Of(reply.Liveness),
                    LeaseMs = (long)reply.Lease.TotalMilliseconds,
                    HeartbeatMs = (long)reply.HeartbeatInterval.TotalMilliseconds,
                    Provisional = reply.IsProvisional,
                },
            },
            cancellationToken);
    }

    private async ValueTask HeartbeatAsync(Heartbeat message, CancellationToken cancellationToken)
    {
        var (reply, refusal) = await engines.HeartbeatAsync(_id, AgentMessages.Heartbeat(message, _incarnation), cancellationToken);
        Throw(refusal);
        Volatile.Write(ref _sequence, message.Sequence);
        await _outbox.Writer.WriteAsync(Status(reply!.Liveness, reply.Admin, reply.Epoch), cancellationToken);
    }

    private SiloMessage Status(Liveness liveness, AdminState admin, Epoch epoch) => new()
    {
        Status = new InstanceStatus { State = Words.Of(liveness), Admin = Words.Of(admin), Epoch = epoch.Value, Sequence = Volatile.Read(ref _sequence) },
    };

    private void Look()
    {
        if (!Interlocked.Exchange(ref _isLookAsked, true))
        {
            _outbox.Writer.TryWrite(null);
        }
    }

    /// <summary>Sends what there is to tell until the session is over. It does not fail: an agent that takes no more ends the session.</summary>
    private async Task TellAsync(IServerStreamWriter<SiloMessage> output, CancellationToken over)
    {
        try
        {
            await foreach (var answer in _outbox.Reader.ReadAllAsync(over))
            {
                if (answer is not null)
                {
                    await SendAsync(output, answer, over);
                }

                // Asked for by a null, or while the outbox was full.
                if (Volatile.Read(ref _isLookAsked) && Seen() is { } news)
                {
                    await SendAsync(output, news, over);
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or InvalidOperationException or RpcException)
        {
            await _unread.CancelAsync();
        }
    }

    private async ValueTask SendAsync(IServerStreamWriter<SiloMessage> output, SiloMessage message, CancellationToken over)
    {
        using var limit = new CancellationTokenSource(SilenceLimit, fleet.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(over, limit.Token);
        await output.WriteAsync(message, both.Token);
    }

    /// <summary>What is known of this life, where it is news or was asked for.</summary>
    private SiloMessage? Seen()
    {
        Interlocked.Exchange(ref _isLookAsked, false);
        if (fleet.View.Find(_id.Pool) is not { } pool || !pool.View.TryGet(_id, out var seen) || seen.Registration.Incarnation != _incarnation)
        {
            return null;
        }

        var now = (seen.Liveness, seen.Admin, seen.Epoch);
        if (!Interlocked.Exchange(ref _mustTell, false) && _told == now)
        {
            return null;
        }

        _told = now;
        return Status(seen.Liveness, seen.Admin, seen.Epoch);
    }

    private async ValueTask TellEndAsync()
    {
        if (silo.GraceOver.IsCancellationRequested)
        {
            // It is we who end it.
            return;
        }

        try
        {
            await engines.DeleteAsync(_id, _incarnation, CancellationToken.None);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            LogEndNotTold(logger, error, _id);
        }
    }

    private static void Throw(ApiError? refusal)
    {
        if (refusal is not null)
        {
            throw new ApiErrorException(refusal);
        }
    }
}
