using System.Runtime.InteropServices;

namespace Krewe.Gateway.Metrics;

/// <summary>A sum that many threads add to: each processor has a cell of its own on a cache line of its own. Exact for whole numbers below 2^53.</summary>
internal sealed class StripedSum
{
    private static readonly int Stripes = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Environment.ProcessorCount, 1, 64));

    private readonly Cell[] _cells = new Cell[Stripes];

    /// <summary>Reads the cells one after the other: what is added meanwhile may be in or not.</summary>
    public double Value
    {
        get
        {
            double sum = 0;
            for (var i = 0; i < _cells.Length; i++)
            {
                sum += Volatile.Read(ref _cells[i].Value);
            }

            return sum;
        }
    }

    public void Add(double value)
    {
        ref var cell = ref _cells[Thread.GetCurrentProcessorId() & (Stripes - 1)].Value;
        var seen = Volatile.Read(ref cell);
        while (true)
        {
            // Compared by bits: a sum that is NaN would else never be found unchanged.
            var before = Interlocked.CompareExchange(ref cell, seen + value, seen);
            if (BitConverter.DoubleToInt64Bits(before) == BitConverter.DoubleToInt64Bits(seen))
            {
                return;
            }

            seen = before;
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = 64)]
    private struct Cell
    {
        [FieldOffset(0)]
        public double Value;
    }
}
