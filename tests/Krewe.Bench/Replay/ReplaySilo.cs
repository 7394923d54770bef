using System.Diagnostics;
using Krewe.Core.Feeds;
using Krewe.Core.Identity;
using Krewe.Core.Randomness;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;

namespace Krewe.Bench.Replay;

/// <summary>A silo that routes: its own view, its own index, and what it has to tell the others with its next frame.</summary>
internal sealed class ReplaySilo(IRoutingPolicy policy, IRandomSource random)
{
    private readonly Router _router = new(random);
    private readonly Dictionary<InstanceId, InstanceView> _views = [];
    private readonly Dictionary<InstanceId, InstanceView> _told = [];
    private readonly List<(PrefixLesson Lesson, int Capacity)> _lessons = [];

    public PoolView View { get; private set; } = PoolView.Empty;

    public RoutingState State { get; } = new();

    /// <summary>Requests that found no room, in their order.</summary>
    public Queue<ReplayRequest> Waiting { get; } = new();

    /// <summary>Whether it has to tell what cannot wait for the next regular frame.</summary>
    public bool IsUrgent { get; private set; }

    /// <summary>Real time of each decision, in microseconds.</summary>
    public List<float> DecisionUs { get; } = [];

    public RouteResult Route(in RouteQuery query)
    {
        var start = Stopwatch.GetTimestamp();
        var result = _router.Route(View, policy, State, query);
        DecisionUs.Add((float)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        return result;
    }

    public void Apply(InstanceView view) => View = View.With(view);

    /// <summary>What an actor that lives here says: known here at once, elsewhere with the next frame.</summary>
    public void Publish(InstanceView view)
    {
        Apply(view);
        _views[view.Id] = view;
        IsUrgent |= !_told.TryGetValue(view.Id, out var told) || FramePace.IsUrgent(told, view);
    }

    public void Learn(PrefixLesson lesson, int capacity)
    {
        if (policy.UsesPrefixes)
        {
            State.Prefixes.Learn(lesson.Instance, lesson.Epoch, capacity, lesson.Blocks.Span);
        }
    }

    /// <summary>As <see cref="Learn"/>, of what this silo itself has bound: the others learn it with the next frame.</summary>
    public void Teach(PrefixLesson lesson, int capacity)
    {
        Learn(lesson, capacity);
        _lessons.Add((lesson, capacity));
        IsUrgent = true;
    }

    /// <summary>Everything that it has to tell; null where there is nothing.</summary>
    public Frame? TakeFrame()
    {
        if (_views.Count + _lessons.Count == 0)
        {
            return null;
        }

        foreach (var (id, view) in _views)
        {
            _told[id] = view;
        }

        var frame = new Frame(this, [.. _views.Values], [.. _lessons]);
        _views.Clear();
        _lessons.Clear();
        IsUrgent = false;
        return frame;
    }

    public void Hear(Frame frame)
    {
        if (frame.From == this)
        {
            return;
        }

        View = View.With(frame.Views);
        foreach (var (lesson, capacity) in frame.Lessons)
        {
            Learn(lesson, capacity);
        }
    }

    internal sealed record Frame(ReplaySilo From, InstanceView[] Views, (PrefixLesson Lesson, int Capacity)[] Lessons);
}
