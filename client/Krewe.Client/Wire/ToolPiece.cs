namespace Krewe.Client.Wire;

/// <summary>A piece of a tool call, as chunks bring it.</summary>
/// <param name="Index">Which call of the answer's.</param>
/// <param name="Id">Its id; null where an earlier piece told it.</param>
/// <param name="Name">The function; null where an earlier piece told it.</param>
/// <param name="Arguments">More of its arguments' JSON.</param>
internal sealed record ToolPiece(int Index, string? Id, string? Name, string Arguments);
