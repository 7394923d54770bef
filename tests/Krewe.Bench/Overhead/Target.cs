using Krewe.Testing.Processes;

namespace Krewe.Bench.Overhead;

/// <summary>Something that answers: where, as which model, and the process whose CPU counts.</summary>
internal sealed record Target(string Name, Uri Url, string Model, ChildProcess? Process);
