namespace Krewe.Orleans.Tests.Turns;

/// <summary>A grain with one timer of the kind that actors are given.</summary>
[Alias("krewe.tests.timer")]
public interface ITimerGrain : IGrainWithStringKey
{
    /// <summary>How often it has fired. Ticks that were queued before have run.</summary>
    [Alias("fires")]
    ValueTask<int> FiresAsync();

    [Alias("schedule")]
    ValueTask ScheduleAsync(TimeSpan due);

    /// <summary>Schedules it, lets it fall due while this turn still runs, and then cancels it.</summary>
    [Alias("cancel-when-due")]
    ValueTask CancelWhenDueAsync(TimeSpan due);

    /// <summary>Schedules it, lets it fall due while this turn still runs, and then moves it.</summary>
    [Alias("move-when-due")]
    ValueTask MoveWhenDueAsync(TimeSpan due, TimeSpan later);

    /// <summary>Schedules it, lets it fall due while this turn still runs, disposes of it and schedules it again.</summary>
    [Alias("dispose-when-due")]
    ValueTask DisposeWhenDueAsync(TimeSpan due);

    /// <summary>From now on it schedules itself again when it fires.</summary>
    [Alias("repeat")]
    ValueTask RepeatAsync(TimeSpan period);
}
