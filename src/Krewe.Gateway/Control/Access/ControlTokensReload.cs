using Krewe.Gateway.Access;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Control.Access;

/// <summary>Follows the tokens' file: a token that is taken out of it is refused within <see cref="Interval"/>, without a restart.</summary>
public sealed class ControlTokensReload
{
    private readonly FollowedFile? _file;

    /// <param name="access">What knows the tokens.</param>
    /// <param name="options">Valid ones; where they name no file there is nothing to follow.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where changes are told.</param>
    public ControlTokensReload(ControlAccess access, ControlOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _file = options.TokensFile is { } path ? new FollowedFile(path, ControlTokensFile.MaxBytes, Apply, time, logger) : null;

        void Apply(byte[] json)
        {
            var (engines, operators) = ControlTokensFile.Parse(json);
            if (engines.Count + options.EngineTokens.Count > ControlOptions.MaxTokens || operators.Count + options.OperatorTokens.Count > ControlOptions.MaxTokens)
            {
                throw new InvalidDataException($"There may be {ControlOptions.MaxTokens} tokens of engines, and as many of operators.");
            }

            access.Replace(options.EngineTokens.Concat(engines), options.OperatorTokens.Concat(operators));
        }
    }

    /// <summary>How often the file is looked at.</summary>
    public static TimeSpan Interval => FollowedFile.Interval;

    /// <summary>Reads the file for the first time.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">What it holds cannot be; the message says what.</exception>
    public void Load() => _file?.Load();

    /// <summary>Follows it until it is stopped. At once over where there is no file.</summary>
    public Task RunAsync(CancellationToken stop) => _file?.RunAsync(stop) ?? Task.CompletedTask;

    /// <summary>Looks once.</summary>
    internal void Look() => _file?.Look();
}
