namespace Krewe.Gateway.Serving;

/// <summary>Who cut an attempt short.</summary>
internal enum AttemptStop
{
    None,
    ClientGone,
    DeadlineExceeded,
    IdleTimeout,
    EpochLost,
    SiloDraining,
}
