namespace Krewe.EngineSim.Http;

/// <summary>Ends an answer in the middle, on purpose.</summary>
internal sealed class ConnectionCutException() : Exception("The answer is cut by command.");
