using Krewe.Client;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds clients of Krewe to an application.</summary>
public static class KreweClientServiceCollectionExtensions
{
    private const string HttpName = "Krewe.Client";

    /// <summary>
    /// Adds <see cref="KreweClient"/> and <see cref="IChatClient"/>, singletons. Options are checked when the application
    /// starts. The result is for handlers of the HTTP calls; whoever retries there multiplies the client's own retries.
    /// </summary>
    public static IHttpClientBuilder AddKreweClient(this IServiceCollection services, Action<KreweClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, null, options => options.Configure(configure));
    }

    /// <summary>The same, configured by a section: <c>Endpoints:0</c>, <c>ApiKey</c>, <c>Model</c>, <c>Timeout</c>, …</summary>
    public static IHttpClientBuilder AddKreweClient(this IServiceCollection services, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Add(services, null, options => options.Bind(section));
    }

    /// <summary>One of several clients: keyed singletons.</summary>
    public static IHttpClientBuilder AddKeyedKreweClient(this IServiceCollection services, string key, Action<KreweClientOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, key, options => options.Configure(configure));
    }

    /// <summary>The same, configured by a section.</summary>
    public static IHttpClientBuilder AddKeyedKreweClient(this IServiceCollection services, string key, IConfigurationSection section)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(section);
        return Add(services, key, options => options.Bind(section));
    }

    private static IHttpClientBuilder Add(IServiceCollection services, string? key, Action<OptionsBuilder<KreweClientOptions>> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        var name = key ?? Options.Options.DefaultName;
        var options = services.AddOptions<KreweClientOptions>(name);
        configure(options);
        options.ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<KreweClientOptions>, KreweClientOptionsValidator>());
        var httpName = key is null ? HttpName : $"{HttpName}:{key}";
        if (key is null)
        {
            services.TryAddSingleton(provider => Make(provider, name, httpName));
            services.TryAddSingleton(static provider => provider.GetRequiredService<KreweClient>().AsIChatClient());
        }
        else
        {
            services.TryAddKeyedSingleton(key, (provider, _) => Make(provider, name, httpName));
            services.TryAddKeyedSingleton(key, (provider, one) => provider.GetRequiredKeyedService<KreweClient>(one).AsIChatClient());
        }

        return services.AddHttpClient(httpName)
            .ConfigureHttpClient(static http => http.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(provider => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                ConnectTimeout = provider.GetRequiredService<IOptionsMonitor<KreweClientOptions>>().Get(name).ConnectTimeout,

                // A stream that is left is left: reading it to its end to keep its connection would keep an engine busy.
                MaxResponseDrainSize = 0,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            });
    }

    private static KreweClient Make(IServiceProvider provider, string name, string httpName)
    {
        var factory = provider.GetRequiredService<IHttpClientFactory>();
        return new KreweClient(
            provider.GetRequiredService<IOptionsMonitor<KreweClientOptions>>().Get(name),
            () => factory.CreateClient(httpName),
            provider.GetService<TimeProvider>() ?? TimeProvider.System);
    }
}
