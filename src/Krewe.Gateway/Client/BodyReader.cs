using System.IO.Pipelines;
using Krewe.Engines.Buffers;

namespace Krewe.Gateway.Client;

/// <summary>Reads a request's body, whole and bounded.</summary>
internal static class BodyReader
{
    /// <summary>
    /// Reads it behind nothing. Nothing more is read where it is too large, or where there is no room for it; what
    /// <paramref name="output"/> holds was taken from <paramref name="budget"/> in every case, also where this throws; null = nothing is counted.
    /// </summary>
    public static async ValueTask<BodyRead> ReadAsync(
        PipeReader input, PooledBuffer output, int maxBytes, BodyBudget? budget, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (output.Length + buffer.Length > maxBytes)
            {
                input.AdvanceTo(buffer.Start);
                return BodyRead.TooLarge;
            }

            if (budget?.TryTake(buffer.Length) == false)
            {
                input.AdvanceTo(buffer.Start);
                return BodyRead.NoRoom;
            }

            output.Reserve((int)buffer.Length);
            foreach (var segment in buffer)
            {
                output.Write(segment.Span);
            }

            input.AdvanceTo(buffer.End);
            if (result.IsCompleted)
            {
                return BodyRead.Whole;
            }
        }
    }
}
