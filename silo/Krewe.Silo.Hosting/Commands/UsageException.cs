namespace Krewe.Silo.Hosting.Commands;

/// <summary>What the operator asked for cannot be done as asked: one line on standard error, exit 2.</summary>
public sealed class UsageException : Exception
{
    public UsageException()
        : this("The command cannot be run as given.")
    {
    }

    public UsageException(string message)
        : base(message)
    {
    }

    public UsageException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
