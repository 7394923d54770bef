using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Krewe.Console.Tests.Browsing;
using Krewe.EndToEnd.Tests.Processes;
using Krewe.Testing.Processes;
using Microsoft.Playwright;

namespace Krewe.Console.Tests;

/// <summary>What engines say of themselves is text and nothing else; an operator's token goes where it should and nowhere else.</summary>
public sealed class SafetyTests(Browser browser)
{
    private const string Token = "an-operator-s-token-which-must-not-leak";

    [Fact]
    public async Task Markup_in_what_an_engine_says_is_inert()
    {
        Assert.SkipWhen(Browser.Missing is not null, Browser.Missing ?? "");
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path);
        const string model = "<img src=x onerror=\"window.owned=1\">";
        const string incarnation = "<script>window.owned=1</script>&lt;b&gt;";
        using var registered = await silo.Control.PutAsJsonAsync(
            "/fleet/v1/pools/sim/instances/evil",
            new { incarnation, role = "mixed", protocol = "vllm", url = "http://127.0.0.1:9/%3Cimg%20src=x%20onerror=window.owned=1%3E", model, labels = new Dictionary<string, string> { [model] = model } });
        Assert.True(registered.IsSuccessStatusCode, await registered.Content.ReadAsStringAsync());

        await using var visit = await (await browser.VisitAsync(silo.Control.BaseAddress!)).OpenAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "evil", Exact = true }).ClickAsync();

        // Shown as what it is, letter by letter.
        await Assertions.Expect(visit.Page.Locator(".pool .meta")).ToContainTextAsync(model);
        await Assertions.Expect(visit.Page.Locator(".facts")).ToContainTextAsync(incarnation);
        Assert.Equal(0, await visit.Page.Locator("img, .facts script, .pool script").CountAsync());
        Assert.False(await visit.Page.EvaluateAsync<bool>("() => 'owned' in window"));
        Assert.Equal([], visit.Complaints);
        Assert.All(visit.Asked, url => Assert.StartsWith(silo.Control.BaseAddress!.ToString(), url, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_policy_lets_no_string_become_markup_or_script()
    {
        Assert.SkipWhen(Browser.Missing is not null, Browser.Missing ?? "");
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path);
        await using var visit = await (await browser.VisitAsync(silo.Control.BaseAddress!)).OpenAsync();

        var results = await visit.Page.EvaluateAsync<string>("""
            async () => {
              const tried = {};
              const fails = async (name, use) => { try { await use(); tried[name] = 'done'; } catch { tried[name] = 'refused'; } };
              await fails('innerHTML', () => { document.body.innerHTML = '<b>x</b>'; });
              await fails('script', () => { document.createElement('script').textContent = '1'; });
              await fails('elsewhere', () => fetch('http://127.0.0.1:9/'));
              return JSON.stringify(tried);
            }
            """);

        Assert.Equal("""{"innerHTML":"refused","script":"refused","elsewhere":"refused"}""", results);
    }

    [Fact]
    public async Task A_token_is_asked_for_kept_in_the_tab_and_sent_in_a_header_alone()
    {
        Assert.SkipWhen(Browser.Missing is not null, Browser.Missing ?? "");
        using var data = new DataFolder();
        var pools = Path.Combine(data.Path, "pools.json");
        await File.WriteAllTextAsync(pools, """{"pools":[{"name":"sim","model":"sim-model"}]}""");
        await using var silo = ChildProcess.StartDotnet(
            BuildOutput.Assembly("silo/Krewe.Silo.Local"),
            ["--client-port", "0", "--control-port", "0", "--data", data.Path, "--playground", "none", "--pools", pools],
            new Dictionary<string, string> { ["Krewe__Control__OperatorTokens__0"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Token))) });
        var control = await silo.UrlAsync("Control port: ", TimeSpan.FromSeconds(60));
        await silo.LineAsync("Krewe is ready: ", TimeSpan.FromSeconds(60));
        await using var visit = await browser.VisitAsync(control);
        var sent = new List<string?>();
        visit.Page.Request += (_, request) =>
        {
            if (request.Url.Contains("/admin/", StringComparison.Ordinal))
            {
                lock (sent)
                {
                    sent.Add(request.Headers.GetValueOrDefault("authorization"));
                }
            }
        };

        await visit.Page.GotoAsync(control.ToString());
        var field = visit.Page.GetByLabel("Token", new() { Exact = true });
        await Assertions.Expect(field).ToBeFocusedAsync();
        await Assertions.Expect(visit.Page.Locator("#main")).ToBeHiddenAsync();
        await field.FillAsync("not-the-token");
        await field.PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator("#access-why")).ToContainTextAsync("That token was not taken.");
        await field.FillAsync(Token);
        await field.PressAsync("Enter");
        await Assertions.Expect(visit.Link).ToHaveTextAsync("Live");
        await Assertions.Expect(visit.Page.Locator(".pool h2")).ToHaveTextAsync("sim");

        // It survives a reload of this tab, and no other tab has it.
        await visit.Page.ReloadAsync();
        await Assertions.Expect(visit.Link).ToHaveTextAsync("Live");
        Assert.Equal(0, await visit.Page.EvaluateAsync<int>("() => localStorage.length + document.cookie.length"));
        var tab = await visit.Page.Context.NewPageAsync();
        await tab.GotoAsync(control.ToString());
        await Assertions.Expect(tab.Locator("#access")).ToBeVisibleAsync();

        await visit.Button("Forget token").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("#access")).ToBeVisibleAsync();
        Assert.Null(await visit.Page.EvaluateAsync<string?>("() => sessionStorage.getItem('krewe.token')"));
        Assert.DoesNotContain(Token, await visit.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.All(visit.Asked, url => Assert.DoesNotContain("token", url, StringComparison.OrdinalIgnoreCase));
        lock (sent)
        {
            Assert.Contains("Bearer " + Token, sent);
        }

        Assert.DoesNotContain(Token, silo.Output, StringComparison.Ordinal);
    }
}
