using Krewe.Core.Requests;

namespace Krewe.Fleet.Requests;

/// <summary>Calls to a <see cref="RequestActor"/>, which lives on the silo whose socket it serves.</summary>
public interface IRequestRef
{
    /// <summary>Opens the request and binds its first attempt; waits in the queue where there is no room.</summary>
    ValueTask<RequestStep> StartAsync(RequestSpec spec);

    /// <summary>An attempt ended without finishing: its reservations are released, and the next step is chosen.</summary>
    ValueTask<RequestStep> AttemptFailedAsync(AttemptReport report);

    /// <summary>The prefill leg has answered: its reservation is released. One way.</summary>
    ValueTask PrefillDoneAsync(int attempt);

    /// <summary>The first token went to the client. One way; a completed request's end says so too.</summary>
    ValueTask FirstTokenAsync(int attempt);

    /// <summary>The request is over. One way.</summary>
    ValueTask EndAsync(RequestEnd end);

    /// <summary>What became of it so far, or in the end, as long as the silo remembers it; null when no such request is known there.</summary>
    ValueTask<RequestDescription?> DescribeAsync();
}
