using System.Text.Json;
using Krewe.Console.Tests.Browsing;
using Krewe.EndToEnd.Tests.Processes;
using Krewe.Testing;
using Krewe.Testing.Processes;
using Microsoft.Playwright;

namespace Krewe.Console.Tests;

/// <summary>What the console shows while engines die, and while its own connection does.</summary>
public sealed class FailureTests(Browser browser)
{
    /// <summary>Keeps every text that an element has had.</summary>
    private const string Watch = """
        selector => {
          window.seen ??= {};
          const seen = window.seen[selector] = [];
          const at = () => { const text = document.querySelector(selector)?.textContent ?? ''; if (seen.at(-1) !== text) seen.push(text); };
          new MutationObserver(at).observe(document.body, { subtree: true, childList: true, characterData: true });
          at();
        }
        """;

    [Fact]
    public async Task An_instance_whose_engine_is_killed_turns_suspect_and_comes_back()
    {
        Assert.SkipWhen(Browser.Missing is not null, Browser.Missing ?? "");
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path);
        var control = silo.Control.BaseAddress!;
        await using var engine = await EngineProcess.StartAsync(control, "m1", "mixed");
        await using var other = await EngineProcess.StartAsync(control, "m2", "mixed");
        await silo.ServingAsync("sim", 2);
        await using var load = Load.Start(silo.Client, clients: 6);
        await Eventually.TrueAsync(() => load.Answered > 6, TimeSpan.FromSeconds(30));
        await using var visit = await (await browser.VisitAsync(control)).OpenAsync();
        await Assertions.Expect(visit.State("m1")).ToContainTextAsync("Active");
        await Assertions.Expect(visit.Page.Locator(".pool .badge.big")).ToContainTextAsync("Healthy");
        await visit.Page.EvaluateAsync(Watch, "tr[data-instance='m1'] .c-state .badge");
        await visit.Page.EvaluateAsync(Watch, "#spoken");

        engine.Signal(Signals.Kill);

        // The journal has every step; the row shows what the instance is while it is that.
        var journal = visit.Page.Locator("#journal");
        await Assertions.Expect(journal).ToContainTextAsync("Active → Suspect");
        await Assertions.Expect(journal).ToContainTextAsync("failover: its attempts go elsewhere");
        await Assertions.Expect(visit.State("m1")).ToContainTextAsync("Removed");
        Assert.Contains(await SeenAsync(visit, "tr[data-instance='m1'] .c-state .badge"), text => text.Contains("Suspect", StringComparison.Ordinal));
        await Assertions.Expect(visit.Page.Locator(".pool .badge.big")).ToContainTextAsync("Degraded");
        await Assertions.Expect(visit.Page.Locator(".pool .reason")).ToContainTextAsync("1 of 2 instances lost");
        await Assertions.Expect(visit.Page.Locator("#overall")).ToContainTextAsync("1 degraded");
        Assert.Contains("degraded", await visit.Page.TitleAsync(), StringComparison.Ordinal);
        await PictureAsync(visit, "degraded");

        // Spoken is what a moment has gathered: before the instance is back, it has to be that it went.
        await Eventually.TrueAsync(async () => (await SeenAsync(visit, "#spoken")).Any(
            text => text.Contains("m1 of sim: Suspect", StringComparison.Ordinal) || text.Contains("m1 of sim: Removed", StringComparison.Ordinal)));

        await using var again = await EngineProcess.StartAsync(control, "m1", "mixed");

        await Assertions.Expect(visit.State("m1")).ToContainTextAsync("Active");
        await Assertions.Expect(visit.Row("m1").Locator(".c-epoch")).ToHaveTextAsync("2");
        await Assertions.Expect(visit.Page.Locator(".pool .badge.big")).ToContainTextAsync("Healthy");
        await Eventually.TrueAsync(async () => (await SeenAsync(visit, "#spoken")).Any(text => text.Contains("m1 of sim: Active", StringComparison.Ordinal)));
        Assert.Equal([], visit.Complaints);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_told_and_taken_up_again()
    {
        Assert.SkipWhen(Browser.Missing is not null, Browser.Missing ?? "");
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path);
        await using var engine = await EngineProcess.StartAsync(silo.Control.BaseAddress!, "m1", "mixed");
        await silo.ServingAsync("sim", 1);
        await using var visit = await browser.VisitAsync(silo.Control.BaseAddress!);

        // A page whose silo is gone: what it has shown stays, and is marked as old.
        await visit.OpenAsync();
        await Assertions.Expect(visit.State("m1")).ToContainTextAsync("Active");
        await visit.Page.RouteAsync("**/admin/v1/stream", route => route.AbortAsync());
        await visit.Page.ReloadAsync();
        await Assertions.Expect(visit.Link).ToContainTextAsync("Not connected");
        await visit.Page.UnrouteAsync("**/admin/v1/stream");

        await Assertions.Expect(visit.Link).ToHaveTextAsync("Live");
        await Assertions.Expect(visit.State("m1")).ToContainTextAsync("Active");
    }

    [Fact]
    public async Task A_silo_does_not_wait_for_open_consoles_when_it_goes_down()
    {
        Assert.SkipWhen(Browser.Missing is not null, Browser.Missing ?? "");
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path, "2p2d");
        await using var visit = await (await browser.VisitAsync(silo.Control.BaseAddress!)).OpenAsync();

        // Not an interrupt: where this runs in the background, processes are born deaf to those.
        silo.Process.Signal(Signals.Terminate);

        // A server that waits for its connections does so for 30 s.
        Assert.Equal(0, await silo.Process.ExitAsync(TimeSpan.FromSeconds(25)));
        await Assertions.Expect(visit.Link).ToContainTextAsync("Not connected");
        await Assertions.Expect(visit.State("d1")).ToBeVisibleAsync();
    }

    private static async Task<List<string>> SeenAsync(Visit visit, string selector) =>
        [.. (await visit.Page.EvaluateAsync<JsonElement>("selector => window.seen[selector]", selector)).EnumerateArray().Select(text => text.GetString()!)];

    private static async Task PictureAsync(Visit visit, string name)
    {
        if (Environment.GetEnvironmentVariable("KREWE_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await visit.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png") });
        }
    }
}
