using Orleans.Dashboard;

namespace Krewe.Silo;

/// <summary>Orleans' dashboard, as this silo has it.</summary>
internal static class SiloDashboard
{
    public static ISiloBuilder AddSiloDashboard(this ISiloBuilder silo, bool profilesCalls)
    {
        // Logs have their own way out of the silo.
        silo.AddDashboard(static dashboard => dashboard.HideTrace = true);
        if (profilesCalls)
        {
            return silo;
        }

        // A filter costs every call, whether anybody looks or not.
        foreach (var filter in silo.Services.Where(IsProfiler).ToList())
        {
            silo.Services.Remove(filter);
        }

        return silo;
    }

    private static bool IsProfiler(ServiceDescriptor service) =>
        service.ServiceType == typeof(IIncomingGrainCallFilter) && !service.IsKeyedService && service.ImplementationType?.Assembly == typeof(DashboardOptions).Assembly;
}
