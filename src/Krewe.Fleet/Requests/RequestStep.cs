using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Fleet.Reservations;

namespace Krewe.Fleet.Requests;

/// <summary>What the gateway is to do next: serve an attempt on a binding, or end the request.</summary>
public sealed class RequestStep
{
    private RequestStep()
    {
    }

    /// <summary>The binding to serve; null when the request is over.</summary>
    public Binding? Binding { get; private init; }

    public AttemptId Attempt { get; private init; }

    /// <summary>Cancelled when the attempt's epoch is lost.</summary>
    public CancellationToken EpochLost { get; private init; }

    /// <summary>To be told of the tokens that the engine sends; null where there is no binding.</summary>
    public AttemptPulse? Pulse { get; private init; }

    /// <summary>How the request ended; only where there is no binding.</summary>
    public RequestOutcome Outcome { get; private init; }

    public static RequestStep Serve(AttemptId attempt, Binding binding, AttemptPulse pulse, CancellationToken epochLost) =>
        new() { Attempt = attempt, Binding = binding, EpochLost = epochLost, Pulse = pulse };

    public static RequestStep End(RequestOutcome outcome) => new() { Outcome = outcome };
}
