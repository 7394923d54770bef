using System.IO.Pipelines;
using Krewe.Engines.Buffers;

namespace Krewe.Gateway.Client;

/// <summary>Reads a request's body, whole and bounded.</summary>
internal static class BodyReader
{
    /// <summary>False when the body is larger than <paramref name="maxBytes"/>; nothing more is read then.</summary>
    public static async ValueTask<bool> TryReadAsync(PipeReader input, PooledBuffer output, int maxBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (output.Length + buffer.Length > maxBytes)
            {
                input.AdvanceTo(buffer.Start);
                return false;
            }

            output.Reserve((int)buffer.Length);
            foreach (var segment in buffer)
            {
                output.Write(segment.Span);
            }

            input.AdvanceTo(buffer.End);
            if (result.IsCompleted)
            {
                return true;
            }
        }
    }
}
