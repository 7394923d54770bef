using System.Net.Sockets;
using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>Clients that ask for megabytes and read none of it, beside the others: the silo holds little of it, and the others notice nothing.</summary>
internal sealed class SlowReaders : Scenario
{
    /// <summary>What other clients may notice of it (as of a slow engine, issue 3).</summary>
    private const double MostOthersTtft = 1.2;

    private const string Pool = "flood";
    private const int Readers = 16;
    private const int Choices = 8;
    private const int Tokens = 100_000;

    /// <summary>Eight choices of 100,000 tokens of about ten bytes.</summary>
    private const double BytesPerReader = Choices * Tokens * 10.0;

    private TimeSpan _askedAt;
    private TimeSpan _heldAt;
    private TimeSpan _leftAt;

    public override string Name => "slow-readers";

    public override DrillLayout Layout => DrillLayout.Standard with
    {
        Engines =
        [
            .. DrillLayout.Standard.Engines,
            new EngineSpec("f1", "mixed", Pool)
            {
                Pace = ["--fast"],
                Options = ["--max-model-len", "131071", "--kv-blocks", "2000000"],
            },
        ],
    };

    public override async Task RunAsync(DrillRun run)
    {
        run.VerifyLoad(run.Load);
        var before = run.Rig.Silo.ResidentBytes();
        var readers = new List<Socket>();
        _askedAt = run.Clock.Now;
        try
        {
            for (var i = 0; i < Readers; i++)
            {
                readers.Add(await AskAsync(run.Rig.Client));
            }

            await DrillRun.RunOnAsync(TimeSpan.FromSeconds(4));
            _heldAt = run.Clock.Now;
            var held = await run.Rig.Control.SumAsync("krewe_requests_running") - run.Load.Live.Count;
            run.Verify(held > Readers / 2, $"only {held} of {Readers} slow readers hold their answers up");
            var most = run.Rig.Silo.ResidentBytes();
            for (var i = 0; i < 12; i++)
            {
                await DrillRun.RunOnAsync(TimeSpan.FromMilliseconds(500));
                most = Math.Max(most, run.Rig.Silo.ResidentBytes());
            }

            run.Measure("heldBackMiB", Readers * BytesPerReader / (1 << 20));
            run.Measure("siloGrewMiB", (most - before) / (double)(1 << 20));
            run.Promise(most - before < Readers * BytesPerReader / 2, "the silo holds most of what its clients do not read");
        }
        finally
        {
            _leftAt = run.Clock.Now;
            readers.ForEach(reader => reader.Dispose());
        }
    }

    public override void Verify(DrillRun run, DrillHistory history)
    {
        var ratio = ScenarioFigures.TtftMsP99(history, _heldAt, _leftAt) / ScenarioFigures.TtftMsP99(history, TimeSpan.Zero, _askedAt);
        run.Measure("othersTtftRatio", ratio ?? 0);
        run.Promise(ratio <= MostOthersTtft, FormattableString.Invariant($"othersTtftRatio {ratio:0.##}, promised {MostOthersTtft}"));
    }

    private static async Task<Socket> AskAsync(Uri client)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(client.Host, client.Port);
        var body = System.Text.Json.JsonSerializer.Serialize(new
        {
            model = Pool, prompt = "Read me.", stream = true, n = Choices, max_tokens = Tokens, ignore_eos = true, krewe_sim = new { tokens_per_chunk = 500 },
        });
        var request = $"POST /v1/completions HTTP/1.1\r\nHost: {client.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(request));
        return socket;
    }
}
