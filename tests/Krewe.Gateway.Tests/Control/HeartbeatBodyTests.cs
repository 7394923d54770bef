using System.Text;
using Krewe.Core.Load;
using Krewe.Gateway.Control.Engines;
using Krewe.Gateway.Control.Json;

namespace Krewe.Gateway.Tests.Control;

public sealed class HeartbeatBodyTests
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""
        { "load": { "maxItlMs": 22, "maxTtftMs": 120.5, "queuedTokens": 4000000000, "future": [1, {}], "kvUsage": 0.41, "waiting": 1, "running": 3 },
          "engineSeenMs": 120, "more": {"a": [null]}, "sequence": 17, "incar\u006eation": "b2f1\u0041" }
        """);

    [Fact]
    public void Every_field_is_read_in_any_order_and_however_it_is_escaped()
    {
        var command = HeartbeatBody.Parse(Body);

        Assert.Equal(("b2f1A", 17, TimeSpan.FromMilliseconds(120)), (command.Incarnation.Value, command.Sequence, command.EngineSeen));
        Assert.Equal(new ReportedLoad(3, 1, 0.41, 4_000_000_000, 120.5, 22), command.Load);
    }

    [Fact]
    public void Cut_anywhere_it_is_refused()
    {
        for (var length = 0; length < Body.AsSpan().TrimEnd("\n "u8).Length; length++)
        {
            Assert.Throws<BadFieldException>(() => HeartbeatBody.Parse(Body.AsSpan(0, length)));
        }
    }

    [Fact]
    public void With_any_byte_changed_it_is_read_or_refused_and_nothing_else()
    {
        var read = 0;
        for (var at = 0; at < Body.Length; at++)
        {
            for (var value = 0; value < 256; value++)
            {
                var changed = (byte[])Body.Clone();
                changed[at] = (byte)value;
                try
                {
                    HeartbeatBody.Parse(changed);
                    read++;
                }
                catch (BadFieldException bad)
                {
                    Assert.NotEmpty(bad.Message);
                }
            }
        }

        Assert.InRange(read, Body.Length, Body.Length * 255);
    }

    [Fact]
    public void It_makes_little_more_than_the_command_and_the_incarnations_text()
    {
        HeartbeatBody.Parse(Body);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            HeartbeatBody.Parse(Body);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1_000, 0, 400);
    }
}
