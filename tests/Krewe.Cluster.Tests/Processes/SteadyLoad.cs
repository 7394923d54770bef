using System.Collections.Concurrent;
using System.Diagnostics;
using Krewe.Testing;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>So many chats at a time to each of some silos, one after another, until it is ended. Remembers when each began and what was wrong with it.</summary>
internal sealed class SteadyLoad
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentQueue<Chat> _chats = new();
    private readonly Task _running;
    private int _open;
    private volatile bool _isOver;

    public SteadyLoad(IEnumerable<ClusterSiloProcess> silos, int each, int tokens) =>
        _running = Task.WhenAll(silos.SelectMany(silo => Enumerable.Range(0, each).Select(_ => Task.Run(() =>
            RunAsync(silo, () => silo.ChatAsync(ClusterProcesses.Model, tokens), () => !silo.Process.HasExited)))));

    /// <summary>The same, with whichever silo a chat finds for itself.</summary>
    public SteadyLoad(Func<Task<string?>> chat, int each) =>
        _running = Task.WhenAll(Enumerable.Range(0, each).Select(_ => Task.Run(() => RunAsync(null, chat, static () => true))));

    public IReadOnlyCollection<Chat> Chats => _chats;

    /// <summary>Waits until so many more chats have ended.</summary>
    public async Task MoreAsync(int chats)
    {
        var before = _chats.Count;
        await Eventually.TrueAsync(() => _chats.Count >= before + chats, TimeSpan.FromSeconds(90), $"{chats} more chats");
    }

    /// <summary>What was wrong with those that failed, for people.</summary>
    public string Wrongs => string.Join('\n', _chats.Where(chat => chat.Wrong is not null).Take(5).Select(chat => $"{chat.Began}..{chat.Ended}: {chat.Wrong}"));

    public int Open => Volatile.Read(ref _open);

    public TimeSpan Now => _clock.Elapsed;

    /// <summary>Begins no more, and ends when the last one has.</summary>
    public async Task EndAsync()
    {
        _isOver = true;
        await _running;
    }

    private async Task RunAsync(ClusterSiloProcess? silo, Func<Task<string?>> chat, Func<bool> isThere)
    {
        while (!_isOver && isThere())
        {
            var began = _clock.Elapsed;
            Interlocked.Increment(ref _open);
            var wrong = await chat();
            Interlocked.Decrement(ref _open);
            _chats.Enqueue(new Chat(silo, began, _clock.Elapsed, wrong));
        }
    }

    internal sealed record Chat(ClusterSiloProcess? Silo, TimeSpan Began, TimeSpan Ended, string? Wrong);
}
