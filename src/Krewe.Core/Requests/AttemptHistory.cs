namespace Krewe.Core.Requests;

/// <summary>What a request's attempts came to, as far as it counts for another one.</summary>
/// <param name="Attempts">All of them.</param>
/// <param name="Errors">Those that ended by an answer that was an error.</param>
/// <param name="Failovers">Those that ended by a lost instance, since the last one that brought a token.</param>
/// <param name="RunFailovers">Of these, those that the engine may have run.</param>
internal readonly record struct AttemptHistory(int Attempts, int Errors, int Failovers, int RunFailovers)
{
    /// <summary>Most attempts of one request, whatever ended them: what is kept of a request is bounded.</summary>
    public const int MaxAttempts = 256;

    /// <summary>With one more ended attempt.</summary>
    /// <param name="cause">How it ended.</param>
    /// <param name="progressed">Whether it brought a token.</param>
    public AttemptHistory With(AttemptCause cause, bool progressed)
    {
        if (!cause.IsFailover())
        {
            return this with { Attempts = Attempts + 1, Errors = Errors + 1 };
        }

        // One that brought something is the first of a new row.
        var row = progressed ? 0 : Failovers;
        var run = progressed ? 0 : RunFailovers + (cause.MayHaveRun() ? 1 : 0);
        return this with { Attempts = Attempts + 1, Failovers = row + 1, RunFailovers = run };
    }
}
