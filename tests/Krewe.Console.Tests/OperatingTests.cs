using Krewe.Console.Tests.Browsing;
using Krewe.EndToEnd.Tests.Processes;
using Microsoft.Playwright;

namespace Krewe.Console.Tests;

/// <summary>Draining and cordoning from the console, by mouse and by keyboard.</summary>
public sealed class OperatingTests(Browser browser)
{
    [Fact]
    public async Task An_instance_is_cordoned_and_uncordoned_by_keyboard_alone()
    {
        Assert.SkipWhen(Browser.Missing is not null, Browser.Missing ?? "");
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path, "2p2d");
        await using var visit = await (await browser.VisitAsync(silo.Control.BaseAddress!)).OpenAsync();
        await Assertions.Expect(visit.State("p1")).ToContainTextAsync("Active");

        // The first stop of the keyboard skips what is above the pools.
        await visit.Page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to the pools", await FocusedAsync(visit));
        await visit.Page.Keyboard.PressAsync("Enter");
        await TabToAsync(visit, "Cordon sim/d1");
        Assert.NotEqual("none", await visit.Page.EvaluateAsync<string>("() => getComputedStyle(document.activeElement).outlineStyle"));

        // Enter twice without looking changes nothing: the first stop in the dialog is Cancel.
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator("#ask-title")).ToHaveTextAsync("Cordon sim/d1?");
        Assert.Equal("Cancel", await FocusedAsync(visit));
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator("#ask")).ToBeHiddenAsync();
        Assert.Equal("Cordon sim/d1", await FocusedAsync(visit));
        Assert.Equal("Open", await AdminAsync(silo, "d1"));

        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.Keyboard.PressAsync("Tab");
        Assert.Equal("Cordon", await FocusedAsync(visit));
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Row("d1").Locator(".c-admin .badge")).ToContainTextAsync("Cordoned");
        Assert.Equal("Cordoned", await AdminAsync(silo, "d1"));

        // The row changed under the focus, which stays where it was.
        Assert.Equal("Uncordon sim/d1", await FocusedAsync(visit));
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.Keyboard.PressAsync("Tab");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Row("d1").Locator(".c-admin .badge")).ToContainTextAsync("Open");
        Assert.Equal([], visit.Complaints);
    }

    [Fact]
    public async Task A_drain_is_asked_once_more_and_ends_the_instance()
    {
        Assert.SkipWhen(Browser.Missing is not null, Browser.Missing ?? "");
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path, "4m");
        await using var visit = await (await browser.VisitAsync(silo.Control.BaseAddress!)).OpenAsync();
        await Assertions.Expect(visit.State("m3")).ToContainTextAsync("Active");

        await visit.Button("Drain sim/m3").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("#ask-text")).ToContainTextAsync("only a restarted one can register again");
        await visit.Page.Keyboard.PressAsync("Escape");
        Assert.Equal("Open", await AdminAsync(silo, "m3"));

        await visit.Button("Drain sim/m3").ClickAsync();
        await visit.Page.Locator("#ask-seconds").SelectOptionAsync("10");
        await visit.Page.Locator("#ask-ok").ClickAsync();

        await Assertions.Expect(visit.Row("m3")).ToHaveCountAsync(0);
        await Assertions.Expect(visit.Page.Locator("#journal")).ToContainTextAsync("Drained");
        Assert.Null(await AdminAsync(silo, "m3"));
        Assert.Equal([], visit.Complaints);
    }

    [Fact]
    public async Task A_refusal_is_shown_where_it_was_asked()
    {
        Assert.SkipWhen(Browser.Missing is not null, Browser.Missing ?? "");
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path, "4m");
        await using var visit = await (await browser.VisitAsync(silo.Control.BaseAddress!)).OpenAsync();
        await Assertions.Expect(visit.State("m1")).ToContainTextAsync("Active");
        await visit.Page.RouteAsync("**/cordon", route => route.FulfillAsync(new RouteFulfillOptions
        {
            Status = 409,
            ContentType = "application/json",
            Body = """{"error":{"message":"<b>Not now.</b>","type":"x","param":null,"code":"x"}}""",
        }));

        await visit.Button("Cordon sim/m1").ClickAsync();
        await visit.Page.Locator("#ask-ok").ClickAsync();

        await Assertions.Expect(visit.Page.Locator("#ask-error")).ToHaveTextAsync("It was not done: <b>Not now.</b>");
        await Assertions.Expect(visit.Page.Locator("#ask-ok")).ToBeEnabledAsync();
        Assert.Equal("Open", await AdminAsync(silo, "m1"));
    }

    [Fact]
    public async Task The_rest_of_an_instance_is_shown_on_request()
    {
        Assert.SkipWhen(Browser.Missing is not null, Browser.Missing ?? "");
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path, "2p2d");
        await using var visit = await (await browser.VisitAsync(silo.Control.BaseAddress!)).OpenAsync();
        var name = visit.Page.GetByRole(AriaRole.Button, new() { Name = "p1", Exact = true });
        await Assertions.Expect(name).ToHaveAttributeAsync("aria-expanded", "false");

        await name.PressAsync("Enter");

        await Assertions.Expect(name).ToHaveAttributeAsync("aria-expanded", "true");
        var incarnation = (await silo.PoolAsync("sim")).GetProperty("instances").EnumerateArray()
            .Single(one => one.GetProperty("name").GetString() == "p1").GetProperty("incarnation").GetString()!;
        await Assertions.Expect(visit.Page.GetByText(incarnation)).ToBeVisibleAsync();

        // Rows and cells are a table for whoever hears the page, also where they are laid out as cards.
        Assert.Equal(4, await visit.Page.GetByRole(AriaRole.Rowheader).CountAsync() - await visit.Page.Locator(".side th[scope=row]").CountAsync());
        Assert.Equal(12, await visit.Page.Locator(".instances").GetByRole(AriaRole.Columnheader).CountAsync());
    }

    private static Task<string> FocusedAsync(Visit visit) =>
        visit.Page.EvaluateAsync<string>("() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent");

    private static async Task TabToAsync(Visit visit, string label)
    {
        for (var i = 0; i < 60 && await FocusedAsync(visit) != label; i++)
        {
            await visit.Page.Keyboard.PressAsync("Tab");
        }

        Assert.Equal(label, await FocusedAsync(visit));
    }

    /// <summary>As the control port has it; null where the instance is not there any more.</summary>
    private static async Task<string?> AdminAsync(SiloProcess silo, string instance) =>
        (await silo.PoolAsync("sim")).GetProperty("instances").EnumerateArray()
            .Where(one => one.GetProperty("name").GetString() == instance)
            .Select(one => one.GetProperty("admin").GetString())
            .SingleOrDefault();
}
