using StackExchange.Redis;

namespace Krewe.Orleans.Hosting;

/// <summary>Whether Redis can be reached: asked once at start, where it is told in one line what would otherwise be a stack of exceptions.</summary>
public static class RedisReach
{
    /// <exception cref="IOException">It does not answer, or refuses us. The message holds no password.</exception>
    public static async Task CheckAsync(string connection, CancellationToken cancellationToken)
    {
        try
        {
            var options = ConfigurationOptions.Parse(connection);
            options.AbortOnConnectFail = true;
            await using var redis = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(cancellationToken);
            await redis.GetDatabase().PingAsync().WaitAsync(cancellationToken);
        }
        catch (RedisException error)
        {
            throw new IOException($"Redis cannot be used: {error.Message}", error);
        }
    }
}
