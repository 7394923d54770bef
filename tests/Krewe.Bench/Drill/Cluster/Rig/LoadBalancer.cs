using Krewe.Bench.Drill.Load;

namespace Krewe.Bench.Drill.Cluster.Rig;

/// <summary>
/// Stands before the silos as a load balancer does: asks each for its readiness, sends requests in turn to those that are
/// ready, and where one takes no connection to the next. It repeats nothing that a silo has taken.
/// </summary>
internal sealed class LoadBalancer : ITargets, IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(500);

    /// <summary>Checks that fail in a row until a silo gets no more.</summary>
    private const int Fall = 2;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Limit };
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<Member> _members = [];
    private int _turn;

    /// <summary>The silos that get requests now.</summary>
    public IReadOnlyList<string> Ready
    {
        get
        {
            lock (_gate)
            {
                return [.. _members.Where(one => one.IsReady).Select(one => one.Target.Name)];
            }
        }
    }

    /// <summary>Watches this one from now on; it gets requests when it is ready.</summary>
    public void Add(Target target)
    {
        var member = new Member(target);
        lock (_gate)
        {
            _members.Add(member);
        }

        member.Checks = CheckAsync(member);
    }

    public Target? Next(IReadOnlyCollection<Target> tried)
    {
        lock (_gate)
        {
            for (var i = 0; i < _members.Count; i++)
            {
                var member = _members[_turn++ % _members.Count];
                if (member.IsReady && !tried.Contains(member.Target))
                {
                    return member.Target;
                }
            }

            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var member in _members)
        {
            await member.Checks.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _http.Dispose();
        _stop.Dispose();
    }

    private async Task CheckAsync(Member member)
    {
        var failed = 0;
        while (!_stop.IsCancellationRequested)
        {
            failed = await IsReadyAsync(member.Target) ? 0 : failed + 1;
            if (failed is 0 or >= Fall)
            {
                member.IsReady = failed == 0;
            }

            await Task.Delay(Period, _stop.Token);
        }
    }

    private async Task<bool> IsReadyAsync(Target target)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(target.Client, "/readyz"), _stop.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private sealed class Member(Target target)
    {
        private volatile bool _isReady;

        public Target Target { get; } = target;

        public bool IsReady
        {
            get => _isReady;
            set => _isReady = value;
        }

        public Task Checks { get; set; } = Task.CompletedTask;
    }
}
