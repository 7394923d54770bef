using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Krewe.Console.Tests.Browsing;

/// <summary>One look at the console. What the browser complains of is kept, and so is every address that it asked for.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = new();

    private Visit(IBrowserContext context, IPage page, Uri control)
    {
        _context = context;
        Page = page;
        Control = control;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Enqueue($"{message.Type}: {message.Text} ({message.Location})");
            }
        };
        page.PageError += (_, error) => _complaints.Enqueue($"exception: {error}");
        page.Request += (_, request) => Asked.Enqueue(request.Url);
        page.Dialog += (_, dialog) => _complaints.Enqueue($"dialog: {dialog.Message}");
    }

    public IPage Page { get; }

    public Uri Control { get; }

    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Errors and warnings of the browser's console, exceptions, dialogs.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    public ILocator Link => Page.Locator("#link");

    public static async Task<Visit> BeginAsync(IBrowserContext context, Uri control)
    {
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(20_000);
        return new Visit(context, page, control);
    }

    /// <summary>Opens the console and waits until it shows the fleet.</summary>
    public async Task<Visit> OpenAsync()
    {
        await Page.GotoAsync(Control.ToString());
        await Assertions.Expect(Link).ToHaveTextAsync("Live", new() { Timeout = 20_000 });
        return this;
    }

    public ILocator Row(string instance) => Page.Locator($"tr[data-instance='{instance}']");

    public ILocator State(string instance) => Row(instance).Locator(".c-state .badge");

    public ILocator Button(string label) => Page.GetByRole(AriaRole.Button, new() { Name = label, Exact = true });

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
