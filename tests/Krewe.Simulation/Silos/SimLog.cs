using Krewe.Simulation.Checks;
using Microsoft.Extensions.Logging;

namespace Krewe.Simulation.Silos;

/// <summary>The log of a silo. Nothing of a prompt may be in it, and no turn of an actor may fail.</summary>
internal sealed class SimLog(Findings findings) : ILogger
{
    public const string Canary = "canary-prompt";

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Write($"{formatter(state, exception)} {exception}");
        findings.Require(logLevel < LogLevel.Error, "no turn of an actor fails", () => $"{formatter(state, exception)} {exception}");
    }

    public void Write(string line) =>
        findings.Require(!line.Contains(Canary, StringComparison.Ordinal), "no prompt in a log", () => line);
}
