namespace Krewe.Engines.Http;

/// <summary>A call of an engine failed in transport. The message names no prompt and no key.</summary>
public sealed class EngineException : Exception
{
    public EngineException(EngineFailure failure)
        : this(failure, $"The call of the engine failed: {failure}.", null)
    {
    }

    public EngineException(EngineFailure failure, string message, Exception? inner)
        : base(message, inner) => Failure = failure;

    public EngineFailure Failure { get; }

    /// <summary>What an exception of the HTTP stack means. <paramref name="answered"/>: whether the answer's headers were in already.</summary>
    public static EngineException From(Exception exception, bool answered, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exception);
        if (exception is EngineException known)
        {
            return known;
        }

        var failure = EngineFailureReader.Read(exception, answered, cancellationToken);
        return new EngineException(failure, $"The call of the engine failed: {failure}.", exception);
    }
}
