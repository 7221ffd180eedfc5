using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Masks and scales rows; source and destination may be the same. A task is a range of rows.</summary>
internal unsafe struct DropoutJob : ITeamJob
{
    /// <summary>Numbers drawn at a time, on the stack.</summary>
    private const int Batch = 4096;

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
        Span<uint> bits = stackalloc uint[Batch];
        for (var row = task * rows; row < end; row++)
        {
            // A token's numbers are those of its sequence's sample and its place in it, wherever the batch has them.
            var sample = FirstSample + (uint)(row / Time);
            var token = unchecked((sample * (uint)Time) + (uint)(row % Time));
            var pieces = Cut.Pieces(Columns, Batch);
            for (var piece = 0; piece < pieces; piece++)
            {
                var start = piece * Batch;
                var some = bits[..Math.Min(Batch, Columns - start)];
                Stream.Fill(some, Step, unchecked((token * (uint)pieces) + (uint)piece));
                Mask(some, ((nint)row * Columns) + start);
            }
        }
    }

    private readonly void Mask(ReadOnlySpan<uint> bits, nint at)
    {
        for (var i = 0; i < bits.Length; i++)
        {
            var value = bits[i] < Threshold ? 0 : Source[at + i] * Scale;
            Destination[at + i] = Add ? Destination[at + i] + value : value;
        }
    }
}
