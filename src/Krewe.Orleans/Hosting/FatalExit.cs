namespace Krewe.Orleans.Hosting;

/// <summary>
/// Where the silo cannot go on, above all when the others have declared it dead: one line on standard error, and out. What
/// it still does after that would be a dead silo's doing; its instances and reservations are the others' by now.
/// </summary>
public sealed class FatalExit : IFatalErrorHandler
{
    /// <summary>The process's exit code then.</summary>
    public const int ExitCode = 3;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        Console.Error.WriteLine($"silo: this silo cannot go on and ends: {OneLine(context ?? exception?.Message ?? "no reason was given")}");
        Environment.Exit(ExitCode);
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
