using System.Net;
using Krewe.Orleans.Requests;

namespace Krewe.Orleans.Tests.Requests;

public sealed class SiloGrainDirectoryTests
{
    private static readonly GrainId Grain = GrainId.Create("krewe.request", "a");

    private readonly SiloGrainDirectory _directory = new();

    [Fact]
    public async Task The_first_registration_stands()
    {
        var (first, second) = (Address(), Address());

        Assert.Same(first, await _directory.Register(first));
        Assert.Same(first, await _directory.Register(second));
        Assert.Same(first, await _directory.Lookup(Grain));
    }

    [Fact]
    public async Task A_registration_that_its_successor_names_is_replaced()
    {
        var (first, second) = (Address(), Address());
        await _directory.Register(first);

        Assert.Same(first, await _directory.Register(second, Address()));
        Assert.Same(second, await _directory.Register(second, first));
        Assert.Same(second, await _directory.Lookup(Grain));
    }

    [Fact]
    public async Task Who_is_not_registered_any_more_unregisters_nobody()
    {
        var (first, second) = (Address(), Address());
        await _directory.Register(first);
        await _directory.Register(second, first);

        await _directory.Unregister(first);
        Assert.Equal(1, _directory.Count);

        await _directory.Unregister(second);
        Assert.Equal(0, _directory.Count);
        Assert.Null(await _directory.Lookup(Grain));
    }

    private static GrainAddress Address() => new()
    {
        GrainId = Grain,
        ActivationId = ActivationId.NewId(),
        SiloAddress = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1),
    };
}
