namespace Krewe.Fleet.Resume;

/// <summary>What one read of a held stream brought.</summary>
/// <param name="Status">How the stream stands.</param>
/// <param name="Reader">The reader's number, for its next read.</param>
/// <param name="Through">The last event that the reader has now; -1 = none.</param>
/// <param name="Events">The events' bytes, as server-sent events with ids; empty where none came in time.</param>
public sealed record StreamBatch(StreamStatus Status, int Reader, int Through, ReadOnlyMemory<byte> Events)
{
    public static StreamBatch Without(StreamStatus status) => new(status, 0, -1, default);
}
