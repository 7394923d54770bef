using System.Net;
using System.Net.Sockets;

namespace Krewe.Bench.Drill.Cluster.Rig;

/// <summary>One address for the silos' control ports, as agents are given one: each connection goes to a silo that is ready.</summary>
internal sealed class ControlRelay : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<IReadOnlyList<Uri>> _ready;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _turn;

    private ControlRelay(TcpListener listener, Func<IReadOnlyList<Uri>> ready)
    {
        _listener = listener;
        _ready = ready;
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    /// <param name="address">Where it listens, on a free port.</param>
    /// <param name="ready">The control ports that take connections now.</param>
    public static ControlRelay Start(IPAddress address, Func<IReadOnlyList<Uri>> ready)
    {
        var listener = new TcpListener(address, 0);
        listener.Start();
        return new ControlRelay(listener, ready);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var relays = new List<Task>();
        while (!_stop.IsCancellationRequested)
        {
            var agent = await _listener.AcceptSocketAsync(_stop.Token);
            relays.RemoveAll(relay => relay.IsCompleted);
            relays.Add(RelayAsync(agent));
        }
    }

    private async Task RelayAsync(Socket agent)
    {
        using var from = agent;
        var ready = _ready();
        if (ready.Count == 0)
        {
            return;
        }

        var silo = ready[(int)((uint)Interlocked.Increment(ref _turn) % (uint)ready.Count)];
        using var to = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        try
        {
            await to.ConnectAsync(IPAddress.Parse(silo.Host), silo.Port, over.Token);
            await Task.WhenAny(CopyAsync(from, to, over.Token), CopyAsync(to, from, over.Token));
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // The agent sees its connection end, and comes again.
        }

        await over.CancelAsync();
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationToken over)
    {
        var buffer = new byte[8192];
        try
        {
            while (await from.ReceiveAsync(buffer, over) is var read and > 0)
            {
                await to.SendAsync(buffer.AsMemory(0, read), over);
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Either end is gone, and so is the connection.
        }
    }
}
