using System.Globalization;

namespace Krewe.Bench.Drill.Rig;

/// <summary>What all processors of the machine have spent so far, in the kernel's ticks.</summary>
/// <param name="Idle">Doing nothing, or waiting for a disk.</param>
/// <param name="All">Altogether.</param>
internal readonly record struct ProcessorTime(long Idle, long All)
{
    public static ProcessorTime Read()
    {
        // "cpu  user nice system idle iowait irq softirq steal …"
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9]
            .Select(field => long.Parse(field, CultureInfo.InvariantCulture))
            .ToArray();
        return new ProcessorTime(fields[3] + fields[4], fields.Sum());
    }

    /// <summary>Share of the time since then that was used; 0 to 1.</summary>
    public double BusySince(ProcessorTime then) => 1 - ((double)(Idle - then.Idle) / Math.Max(1, All - then.All));
}
