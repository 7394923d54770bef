using System.Globalization;
using System.IO.Pipelines;
using Krewe.Engines.Buffers;
using Krewe.Engines.Errors;

namespace Krewe.Engines.Http;

/// <summary>
/// An engine's answer: its status, and its body as it comes. Disposing it before the body's end closes the
/// connection, by which an engine learns that nobody waits any more.
/// </summary>
public sealed class EngineResponse : IDisposable
{
    private static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: 16 << 10, minimumReadSize: 4 << 10, leaveOpen: true);

    private readonly HttpResponseMessage _response;
    private PipeReader? _body;

    internal EngineResponse(HttpResponseMessage response)
    {
        _response = response;
        Status = (int)response.StatusCode;
    }

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>What a status other than success means; <see cref="EngineFailure.None"/> for success.</summary>
    public EngineFailure Failure => IsSuccess ? EngineFailure.None
        : Status is >= 300 and < 400 ? EngineFailure.Redirected
        : EngineFailure.ErrorStatus;

    /// <summary>Whether the body says that it is an event stream.</summary>
    public bool IsEventStream =>
        _response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values)
        && values.ToString().StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);

    /// <summary>The <c>Retry-After</c> in seconds; null if there is none that is a number.</summary>
    public int? RetryAfterSeconds =>
        _response.Headers.NonValidated.TryGetValues("Retry-After", out var values)
        && int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;

    /// <summary>The body as a pipe. Its errors are the HTTP stack's: <see cref="EngineException.From"/> reads them.</summary>
    public PipeReader Body => _body ??= PipeReader.Create(_response.Content.ReadAsStream(), ReaderOptions);

    /// <summary>Reads the whole body behind what <paramref name="output"/> holds. Throws <see cref="EngineException"/>, beyond <paramref name="maxBytes"/> as <see cref="EngineFailure.TooLarge"/>.</summary>
    public async ValueTask ReadAsync(PooledBuffer output, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        var announced = _response.Content.Headers.ContentLength;
        if (announced > maxBytes)
        {
            throw new EngineException(EngineFailure.TooLarge);
        }

        try
        {
            var stream = _response.Content.ReadAsStream(cancellationToken);
            var start = output.Length;
            output.Reserve((int)(announced ?? 0) + 1);
            while (true)
            {
                var memory = output.GetMemory(1);
                var read = await stream.ReadAsync(memory, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    return;
                }

                output.Advance(read);
                if (output.Length - start > maxBytes)
                {
                    throw new EngineException(EngineFailure.TooLarge);
                }
            }
        }
        catch (Exception e)
        {
            throw EngineException.From(e, answered: true, cancellationToken);
        }
    }

    /// <summary>Reads the body of an answer with an error status, as far as it is worth it. A body that cannot be read gives an error without details; only cancelling throws.</summary>
    public async ValueTask<EngineError> ReadErrorAsync(CancellationToken cancellationToken)
    {
        using var body = new PooledBuffer();
        try
        {
            await ReadAsync(body, EngineErrorReader.MaxBodyBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (EngineException e) when (e.Failure != EngineFailure.Cancelled)
        {
            body.Clear();
        }

        return EngineErrorReader.Read(body.Span, Status);
    }

    public void Dispose()
    {
        _body?.Complete();
        _response.Dispose();
    }
}
