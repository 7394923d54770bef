using System.Text.Json;
using Krewe.Console.Tests.Browsing;
using Krewe.EndToEnd.Tests.Processes;
using Krewe.Testing;
using Microsoft.Playwright;

namespace Krewe.Console.Tests;

/// <summary>What the console looks like under load. With <c>KREWE_SCREENSHOTS</c> naming a folder, pictures are left there.</summary>
public sealed class LookTests(Browser browser)
{
    /// <summary>Every text that is too pale for its ground (WCAG 2.2: 4.5 to 1), as the browser computes both.</summary>
    private const string Pale = """
        () => {
          const rgb = text => { const v = text.match(/[\d.]+/g).map(Number); return { r: v[0], g: v[1], b: v[2], a: v.length > 3 ? v[3] : 1 }; };
          const over = (top, under) => ({ r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1 });
          const light = c => { const f = x => { x /= 255; return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; }; return 0.2126 * f(c.r) + 0.7152 * f(c.g) + 0.0722 * f(c.b); };
          const ground = node => { const all = []; for (let at = node; at; at = at.parentElement) all.push(rgb(getComputedStyle(at).backgroundColor)); return all.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 }); };
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const found = new Set();
          let seen = 0;
          while (walker.nextNode()) {
            const node = walker.currentNode.parentElement;
            if (!walker.currentNode.textContent.trim() || !node.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || node.closest(':disabled, .skip, script, noscript')) continue;
            seen++;
            const back = ground(node), text = over(rgb(getComputedStyle(node).color), back);
            const [a, b] = [light(back), light(text)].sort((x, y) => y - x);
            const ratio = (a + 0.05) / (b + 0.05);
            if (ratio < 4.5) found.add(`${node.tagName}.${node.className} "${walker.currentNode.textContent.trim().slice(0, 30)}" ${ratio.toFixed(2)}`);
          }
          return { seen, pale: [...found] };
        }
        """;

    private static readonly (string Name, ColorScheme Scheme, int Width, int Height)[] Looks =
    [
        ("light-wide", ColorScheme.Light, 1440, 900),
        ("dark-wide", ColorScheme.Dark, 1440, 900),
        ("light-narrow", ColorScheme.Light, 390, 844),
        ("dark-narrow", ColorScheme.Dark, 390, 844),
        ("light-least", ColorScheme.Light, 360, 640),
        ("light-middle", ColorScheme.Light, 1024, 768),
    ];

    [Fact]
    public async Task It_can_be_read_in_light_and_dark_wide_and_narrow()
    {
        Assert.SkipWhen(Browser.Missing is not null, Browser.Missing ?? "");
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path, "2p2d");
        await silo.ServingAsync("sim", 4);
        await using var load = Load.Start(silo.Client, clients: 12);
        await Eventually.TrueAsync(() => load.Answered > 60, TimeSpan.FromSeconds(60));
        using var cordoned = await silo.Control.PostAsync("/fleet/v1/pools/sim/instances/p2/cordon", null);
        cordoned.EnsureSuccessStatusCode();

        foreach (var (name, scheme, width, height) in Looks)
        {
            await using var visit = await browser.VisitAsync(silo.Control.BaseAddress!, scheme, width, height);
            await visit.OpenAsync();
            await Assertions.Expect(visit.Page.Locator(".tile.pair .more").First).ToContainTextAsync("p99");
            await Assertions.Expect(visit.Row("p2").Locator(".c-admin .badge")).ToContainTextAsync("Cordoned");
            await visit.Page.Locator("#journal li").First.WaitForAsync();

            var look = await visit.Page.EvaluateAsync<JsonElement>(Pale);
            var overflow = await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            await PictureAsync(visit, name);

            Assert.True(look.GetProperty("seen").GetInt32() > 60, name);
            Assert.Equal([], look.GetProperty("pale").EnumerateArray().Select(text => $"{name}: {text.GetString()}"));
            Assert.True(overflow <= 0, $"{name}: the page is {overflow} pixels wider than the window.");
            Assert.Equal([], visit.Complaints);
        }
    }

    private static async Task PictureAsync(Visit visit, string name)
    {
        if (Environment.GetEnvironmentVariable("KREWE_SCREENSHOTS") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            await visit.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = true });
        }
    }
}
