namespace Krewe.Fleet.Local;

/// <summary>An actor has more calls waiting than its mailbox holds; the call was not made.</summary>
public sealed class MailboxFullException : Exception
{
    public MailboxFullException()
        : this("The actor's mailbox is full.")
    {
    }

    public MailboxFullException(string message)
        : base(message)
    {
    }

    public MailboxFullException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
