using Krewe.Core.Load;
using Krewe.Core.Requests;

namespace Krewe.Fleet.Requests;

/// <summary>How a request ended, told by the gateway.</summary>
/// <param name="Outcome">What the client got.</param>
/// <param name="Cause">Why the running attempt ended; ignored where none runs.</param>
/// <param name="Leg">The half of the binding that the cause is about.</param>
/// <param name="TokensSent">Tokens that the client has of the last attempt.</param>
public sealed record RequestEnd(RequestOutcome Outcome, AttemptCause Cause, LegKind Leg, long TokensSent);
