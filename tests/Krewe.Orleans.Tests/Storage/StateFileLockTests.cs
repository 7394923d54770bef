using Krewe.Fleet.Hosting;
using Krewe.HostConformance;
using Krewe.Orleans.Hosting;
using Krewe.Orleans.Storage;
using Krewe.Orleans.Tests.Hosting;
using Microsoft.Extensions.Hosting;

namespace Krewe.Orleans.Tests.Storage;

public sealed class StateFileLockTests : IDisposable
{
    private readonly SqliteFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void A_second_silo_is_refused_until_the_first_lets_go()
    {
        var first = StateFileLock.Take(_file.Path);

        var error = Assert.Throws<IOException>(() => StateFileLock.Take(_file.Path));
        first.Dispose();
        using var third = StateFileLock.Take(_file.Path);

        Assert.Equal($"The state file {_file.Path} is in use by another silo.", error.Message);
    }

    [Fact]
    public async Task A_silo_holds_its_file_from_before_its_start_until_it_is_gone()
    {
        await using (await StartAsync())
        {
            await Assert.ThrowsAsync<IOException>(StartAsync);
        }

        await using var next = await StartAsync();
    }

    [Fact]
    public void A_silo_that_cannot_be_composed_lets_go()
    {
        var builder = Host.CreateApplicationBuilder();
        using var fleet = TestFleet.New(1, new FakeProbe(), new FleetOptions());

        Assert.Throws<ArgumentException>(() => builder.UseOrleans(silo => silo.UseKrewe(fleet, _file.Path, new KreweOrleansOptions { SiloPort = -1 })));

        using var free = StateFileLock.Take(_file.Path);
    }

    private Task<SiloLife> StartAsync() =>
        SiloLife.StartAsync(1, new FakeProbe(), new FleetOptions(), (silo, fleet) => silo.UseKrewe(fleet, _file.Path));
}
