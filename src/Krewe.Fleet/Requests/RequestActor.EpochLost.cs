using Krewe.Core.Instances;
using Krewe.Fleet.Reservations;

namespace Krewe.Fleet.Requests;

/// <content>How an attempt hears that it is to let go.</content>
public sealed partial class RequestActor
{
    /// <summary>Of one attempt: what is told late must not reach the next one.</summary>
    private sealed class EpochLostSignal : CancellationTokenSource
    {
        private readonly Action<CancellationTokenSource> _cancel;

        public EpochLostSignal(Action<CancellationTokenSource> cancel)
        {
            _cancel = cancel;
            OnEpochLost = evidence =>
            {
                // The first word counts; it is set before the attempt is told, which reads it after.
                if (!IsCancellationRequested)
                {
                    Evidence = evidence;
                }

                Raise();
            };
        }

        public Action<EvidenceKind?> OnEpochLost { get; }

        public AttemptPulse Pulse { get; } = new();

        /// <summary>How the instance was found missing; null where it was not, or a decision ended the epoch.</summary>
        public EvidenceKind? Evidence { get; private set; }

        /// <summary>Whether it is not the epoch that was lost, but its engine that has stalled.</summary>
        public bool IsStalled { get; private set; }

        public void Raise() => _cancel(this);

        public void Stall()
        {
            if (!IsCancellationRequested)
            {
                IsStalled = true;
                Raise();
            }
        }
    }
}
