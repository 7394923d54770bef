using Krewe.Core.Requests;
using Krewe.Engines.Http;

namespace Krewe.Gateway.Serving;

/// <summary>What the transport saw, in the words of the rules.</summary>
internal static class AttemptCauses
{
    /// <param name="failure">How the call failed.</param>
    /// <param name="stop">Who cut it short, if we did.</param>
    public static AttemptCause Of(EngineFailure failure, AttemptStop stop) => stop switch
    {
        AttemptStop.ClientGone => AttemptCause.ClientGone,
        AttemptStop.DeadlineExceeded => AttemptCause.DeadlineExceeded,
        AttemptStop.IdleTimeout => AttemptCause.IdleTimeout,
        AttemptStop.EpochLost => AttemptCause.EpochLost,
        AttemptStop.SiloDraining => AttemptCause.SiloDraining,
        _ => Of(failure),
    };

    /// <summary>What an engine's error status means.</summary>
    public static AttemptCause OfStatus(int status) => status switch
    {
        429 or 503 => AttemptCause.EngineOverloaded,
        >= 400 and < 500 => AttemptCause.EngineRejected,
        _ => AttemptCause.EngineError,
    };

    private static AttemptCause Of(EngineFailure failure) => failure switch
    {
        EngineFailure.Refused => AttemptCause.ConnectionRefused,
        EngineFailure.Reset => AttemptCause.ConnectionReset,
        EngineFailure.ConnectTimeout or EngineFailure.Unreachable => AttemptCause.ConnectTimeout,
        EngineFailure.TimedOut or EngineFailure.IdleTimeout => AttemptCause.IdleTimeout,
        EngineFailure.EndedEarly => AttemptCause.StreamBroken,
        EngineFailure.MalformedStream or EngineFailure.TooLarge => AttemptCause.MalformedStream,
        EngineFailure.ErrorStatus or EngineFailure.ErrorEvent or EngineFailure.Redirected => AttemptCause.EngineError,
        EngineFailure.AddressRefused => AttemptCause.AddressRefused,
        EngineFailure.Cancelled or EngineFailure.None => AttemptCause.InternalError,
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, null),
    };
}
