namespace Krewe.Client.Tests.Rig;

/// <summary>Breaks connections of streams as it is told: after so many events, by an error or by silence.</summary>
internal sealed class CutHandler : DelegatingHandler
{
    private readonly Queue<(int After, bool Silently)> _cuts = new();
    private readonly List<HttpRequestMessage> _requests = [];

    public CutHandler()
        : base(new SocketsHttpHandler { MaxResponseDrainSize = 0 })
    {
    }

    /// <summary>What is done when a stream has brought so many events, before more of it is read.</summary>
    public Func<int, Task>? OnEvent { get; set; }

    /// <summary>Method and path of every call, in order.</summary>
    public IReadOnlyList<string> Calls => [.. _requests.Select(request => $"{request.Method} {request.RequestUri!.AbsolutePath.Split('/')[^1]}")];

    public IReadOnlyList<HttpRequestMessage> Requests => _requests;

    /// <summary>The next stream breaks after so many events.</summary>
    public void Cut(int after, bool silently = false) => _cuts.Enqueue((after, silently));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _requests.Add(request);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            var inner = await response.Content.ReadAsStreamAsync(cancellationToken);
            var (after, silently) = _cuts.TryDequeue(out var cut) ? cut : (int.MaxValue, false);
            response.Content = new StreamContent(new CutStream(inner, after, silently, OnEvent));
        }

        return response;
    }

    /// <summary>Gives one byte at a time, so that it knows where events end.</summary>
    private sealed class CutStream(Stream inner, int after, bool silently, Func<int, Task>? onEvent) : Stream
    {
        private readonly byte[] _block = new byte[16 << 10];
        private int _at;
        private int _length;
        private int _events;
        private byte _last;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_events >= after)
            {
                if (silently)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                }

                await inner.DisposeAsync();
                throw new IOException("The connection was cut by the test.");
            }

            if (_at == _length)
            {
                _length = await inner.ReadAsync(_block, cancellationToken);
                _at = 0;
                if (_length == 0)
                {
                    return 0;
                }
            }

            // Up to the end of an event.
            var count = 0;
            while (_at < _length && count < buffer.Length)
            {
                var one = _block[_at++];
                buffer.Span[count++] = one;
                if (one == (byte)'\n' && _last == (byte)'\n')
                {
                    _last = 0;
                    _events++;
                    if (onEvent is not null)
                    {
                        await onEvent(_events);
                    }

                    break;
                }

                _last = one;
            }

            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
