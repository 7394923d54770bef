using Krewe.Core.Identity;

namespace Krewe.Core.Routing.Prefix;

/// <summary>Blocks that a life of an instance is taken to have cached.</summary>
/// <param name="Instance">Which instance.</param>
/// <param name="Epoch">Which life of it.</param>
/// <param name="Blocks">Block hashes, most recently used first, each behind all that stand before it in its prompt: a request's chain as it is.</param>
public sealed record PrefixLesson(InstanceId Instance, Epoch Epoch, ReadOnlyMemory<ulong> Blocks);
