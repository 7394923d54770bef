using Krewe.Core.Identity;
using Krewe.Engines.Http;

namespace Krewe.Engines.Continuation;

/// <summary>
/// The verdicts of <see cref="TemplateTest"/>, one per incarnation and model: a template is read when an engine starts.
/// However many streams ask at once, an engine is tested once. Bounded; thread-safe.
/// </summary>
public sealed class TemplateVerdicts(TimeProvider time)
{
    /// <summary>Beyond so many incarnations what is known is forgotten, and learnt again where it is asked for.</summary>
    private const int MaxEntries = 4096;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, Task<TestedTemplate>> _tests = [];

    /// <summary>The verdict, by a test if there is none yet. It takes two seconds at most. Throws only when <paramref name="cancellationToken"/> is cancelled.</summary>
    /// <param name="client">The pool's.</param>
    /// <param name="instance">Whose template it is.</param>
    /// <param name="epoch">Of which life.</param>
    /// <param name="url">Where it is.</param>
    /// <param name="model">The model as the engine knows it.</param>
    /// <param name="cancellationToken">Gives up waiting; the test goes on for others.</param>
    public Task<TestedTemplate> GetAsync(EngineClient client, InstanceId instance, Epoch epoch, Uri url, string model, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        var key = new Key(instance, epoch, model);
        Task<TestedTemplate> test;
        lock (_gate)
        {
            // One that failed for the engine's state is made again.
            if (!_tests.TryGetValue(key, out test!) || test.IsFaulted || (test.IsCompletedSuccessfully && test.Result.Verdict == TemplateVerdict.Unknown))
            {
                test = Start(key, client, url);
            }
        }

        return test.WaitAsync(cancellationToken);
    }

    /// <summary>What is known by now; where nothing was ever asked a test begins, so that it is known when it is needed.</summary>
    public TemplateVerdict KnownOrBegin(EngineClient client, InstanceId instance, Epoch epoch, Uri url, string model)
    {
        ArgumentNullException.ThrowIfNull(client);
        var key = new Key(instance, epoch, model);
        lock (_gate)
        {
            if (!_tests.TryGetValue(key, out var test))
            {
                test = Start(key, client, url);
            }

            return test.IsCompletedSuccessfully ? test.Result.Verdict : TemplateVerdict.Unknown;
        }
    }

    private Task<TestedTemplate> Start(Key key, EngineClient client, Uri url)
    {
        if (_tests.Count >= MaxEntries)
        {
            _tests.Clear();
        }

        return _tests[key] = TestAsync(new EngineTokenizer(client, url, key.Model));
    }

    private async Task<TestedTemplate> TestAsync(EngineTokenizer tokenizer)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            return new TestedTemplate(await TemplateTest.RunAsync(tokenizer, limit.Token).ConfigureAwait(false), EngineFailure.None);
        }
        catch (EngineException error)
        {
            return new TestedTemplate(TemplateVerdict.Unknown, error.Failure == EngineFailure.Cancelled ? EngineFailure.TimedOut : error.Failure);
        }
    }

    private readonly record struct Key(InstanceId Instance, Epoch Epoch, string Model);
}
