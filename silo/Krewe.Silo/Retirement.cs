using Krewe.Gateway.Lifecycle;
using Krewe.Orleans.Hosting;
using Krewe.Orleans.Membership;

namespace Krewe.Silo;

/// <summary>A silo that cannot stay drains as it would on SIGTERM, and ends with <see cref="FatalExit.ExitCode"/>.</summary>
internal sealed class Retirement(SiloLifetime lifetime) : ISiloRetirement
{
    public void Retire(string reason)
    {
        if (lifetime.BeginDrain(FatalExit.ExitCode))
        {
            Console.Error.WriteLine($"silo: this silo cannot stay, drains and ends: {reason}");
        }
    }
}
