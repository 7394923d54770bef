namespace Krewe.Simulation.Gateways;

/// <summary>Who cut an attempt short.</summary>
internal enum AttemptStop
{
    None,
    ClientGone,
    DeadlineExceeded,
    IdleTimeout,
    EpochLost,
}
