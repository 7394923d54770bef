using Krewe.Engines.Bodies;
using Krewe.Engines.Protocols;

namespace Krewe.Gateway.Serving;

/// <summary>What an attempt asks of its engines, and what the client sees of the answer.</summary>
/// <param name="Body">The client's body, or one that asks for the rest of an answer.</param>
/// <param name="Values">What is added to the leg that answers.</param>
/// <param name="Filter">What is taken out again.</param>
internal readonly record struct LegPlan(RequestBody Body, LegValues Values, StreamFilter Filter);
