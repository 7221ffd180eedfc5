using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Masks and scales rows; source and destination may be the same. A task is a range of rows.</summary>
internal unsafe struct DropoutJob : ITeamJob
{
    private const int Batch = 256;

    public float* Source;
    public float* Destination;
    public int Rows;
    public int Columns;
    public int Time;
    public RandomStream Stream;
    public ulong Step;
    public uint FirstSample;
    public ulong Threshold;
    public float Scale;
    public bool Add;

    public readonly void Run(int task, int worker)
    {
        var rows = Cut.RowsPerTask(Columns);
        var end = Math.Min(Rows, (task + 1) * rows);
        var bits = stackalloc uint[Batch];
        for (var row = task * rows; row < end; row++)
        {
            var sample = FirstSample + (uint)(row / Time);
            var place = (long)(row % Time) * Columns;
            for (var i = 0; i < Columns; i += Batch)
            {
                var count = Math.Min(Batch, Columns - i);
                Draw(new Span<uint>(bits, count), sample, place + i);
                Mask(bits, ((nint)row * Columns) + i, count);
            }
        }
    }

    private readonly void Draw(Span<uint> bits, uint sample, long place)
    {
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = Stream.At(Step, sample, place + i);
        }
    }

    private readonly void Mask(uint* bits, nint at, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var value = bits[i] < Threshold ? 0 : Source[at + i] * Scale;
            Destination[at + i] = Add ? Destination[at + i] + value : value;
        }
    }
}
