using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Krewe.Grpc.Tests.Readiness;

public sealed class HealthTests
{
    [Fact]
    public async Task Health_follows_readiness_for_every_service()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var client = new Health.HealthClient(grpc.Channel);
        using var watched = client.Watch(new HealthCheckRequest { Service = "krewe.v1.Inference" });
        Assert.True(await watched.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(ServingStatus.Serving, watched.ResponseStream.Current.Status);
        foreach (var service in new[] { "", "krewe.v1.Inference", "krewe.v1.EngineSessions" })
        {
            Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest { Service = service })).Status);
        }

        grpc.Lifetime.BeginDrain();
        Assert.True(await watched.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(ServingStatus.NotServing, watched.ResponseStream.Current.Status);
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest())).Status);

        // Who still watches does not hold up the silo's end.
        await grpc.Lifetime.DrainAsync(CancellationToken.None);
        var error = await Assert.ThrowsAsync<RpcException>(() => watched.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task An_unknown_service_is_told_as_the_protocol_wants()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var client = new Health.HealthClient(grpc.Channel);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.CheckAsync(new HealthCheckRequest { Service = "nobody" }));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        using var watched = client.Watch(new HealthCheckRequest { Service = "nobody" });
        Assert.True(await watched.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(ServingStatus.ServiceUnknown, watched.ResponseStream.Current.Status);
    }

    [Fact]
    public async Task Reflection_tells_the_services()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        using var call = new ServerReflection.ServerReflectionClient(grpc.Channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        var names = call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name);
        Assert.Empty(new[] { "krewe.v1.Inference", "krewe.v1.EngineSessions", "grpc.health.v1.Health" }.Except(names));
    }
}
