using Krewe.Console.Tests.Browsing;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Browser))]

namespace Krewe.Console.Tests.Browsing;

/// <summary>The machine's own Chromium, driven over its protocol; none is downloaded. Where there is none, what needs it is skipped, and says so.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Null where a Chromium is installed; else what is missing.</summary>
    public static string? Missing { get; } =
        Find() is null ? $"No Chromium is installed (looked for {string.Join(", ", Names)} in PATH; KREWE_CHROMIUM may name one)." : null;

    public async ValueTask InitializeAsync()
    {
        if (Find() is not { } program)
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = program,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>A page in a profile of its own, not opened yet.</summary>
    internal async Task<Visit> VisitAsync(Uri control, ColorScheme scheme = ColorScheme.Light, int width = 1440, int height = 900)
    {
        Assert.SkipWhen(_browser is null, Missing ?? "");
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = scheme,
            ViewportSize = new ViewportSize { Width = width, Height = height },
            DeviceScaleFactor = width < 600 ? 2 : 1,
            IsMobile = width < 600,
            HasTouch = width < 600,
        });
        return await Visit.BeginAsync(context, control);
    }

    private static string? Find() => Environment.GetEnvironmentVariable("KREWE_CHROMIUM") is { Length: > 0 } named
        ? File.Exists(named) ? named : null
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
}
