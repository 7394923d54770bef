using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Krewe.Bench.Drill.Sdk;

/// <summary>Users of the back end: each asks, reads the answer as it comes, and asks again. Every answer is compared with the one it has to be.</summary>
internal sealed class SdkAnswers(Uri backend, int seed) : IDisposable
{
    /// <summary>What users ask; each answer is known beforehand.</summary>
    private const int Questions = 40;

    private const int LeastTokens = 40;
    private const int MostTokens = 200;

    /// <summary>Longer than all that may befall an answer: then it hangs.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1_000 }) { BaseAddress = backend, Timeout = Timeout.InfiniteTimeSpan };
    private readonly Dictionary<(int Question, int Tokens), string> _expected = [];
    private readonly Lock _gate = new();
    private int _underWay;

    /// <summary>Answers that are being read.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    public int Done { get; private set; }

    public int Failed { get; private set; }

    public int Hung { get; private set; }

    public int Lost { get; private set; }

    public int Doubled { get; private set; }

    public int Foreign { get; private set; }

    /// <summary>The longest silence within each answer, milliseconds.</summary>
    public List<double> Gaps { get; } = [];

    /// <summary>What went wrong, the first few times.</summary>
    public List<string> Wrongs { get; } = [];

    /// <summary>Asks each question once, while nothing happens.</summary>
    public async Task LearnAsync()
    {
        var random = new Random(seed);
        for (var question = 0; question < Questions; question++)
        {
            _expected[(question, random.Next(LeastTokens, MostTokens))] = "";
        }

        await Parallel.ForEachAsync(_expected.Keys.ToList(), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (asked, _) =>
        {
            var (text, _, error) = await AskAsync(asked);
            var tokens = Pieces(text).Count;
            if (error is not null || tokens != asked.Tokens)
            {
                throw new InvalidOperationException($"The undisturbed answer has {tokens} of {asked.Tokens} tokens: {error}");
            }

            lock (_gate)
            {
                _expected[asked] = text;
            }
        });
    }

    /// <summary>Has so many answers given, by so many users.</summary>
    public async Task RunAsync(int answers, int users)
    {
        var questions = _expected.Keys.ToList();
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, users).Select(async user =>
        {
            var random = new Random(unchecked((seed * 1_000) + user));
            while (Interlocked.Increment(ref next) < answers)
            {
                var asked = questions[random.Next(questions.Count)];
                Interlocked.Increment(ref _underWay);
                var (text, gap, error) = await AskAsync(asked);
                Interlocked.Decrement(ref _underWay);
                Judge(asked, text, gap, error);
            }
        }));
    }

    public void Dispose() => _http.Dispose();

    /// <summary>A text's tokens: each begins with a space and bears its index.</summary>
    private static List<string> Pieces(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    private void Judge((int Question, int Tokens) asked, string text, double gap, string? error)
    {
        var (got, expected) = (Pieces(text), Pieces(_expected[asked]));
        lock (_gate)
        {
            Done++;
            Gaps.Add(gap);
            Failed += error is null or "hung" ? 0 : 1;
            Hung += error == "hung" ? 1 : 0;
            Doubled += got.Count - got.Distinct().Count();
            Foreign += got.Except(expected).Count();
            if (error is null)
            {
                Lost += expected.Except(got).Count();
                Foreign += got.Count == expected.Count && text != _expected[asked] ? 1 : 0;
            }

            if ((error is not null || text != _expected[asked]) && Wrongs.Count < 5)
            {
                Wrongs.Add($"question {asked.Question}: {got.Count} of {expected.Count} tokens, {error ?? "not the answer"}");
            }
        }
    }

    private async Task<(string Text, double GapMs, string? Error)> AskAsync((int Question, int Tokens) asked)
    {
        var text = new StringBuilder();
        var longest = 0.0;
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"/ask?question=Question%20{asked.Question}%20of%20{seed}&tokens={asked.Tokens}");
            using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, limit.Token);
            response.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token), Encoding.UTF8);
            var block = new char[4096];
            var clock = Stopwatch.StartNew();
            while (await reader.ReadAsync(block, limit.Token) is > 0 and var count)
            {
                longest = text.Length == 0 ? 0 : Math.Max(longest, clock.Elapsed.TotalMilliseconds);
                clock.Restart();
                text.Append(block, 0, count);
            }

            return (text.ToString(), longest, null);
        }
        catch (OperationCanceledException)
        {
            return (text.ToString(), longest, "hung");
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            return (text.ToString(), longest, error.Message);
        }
    }
}
