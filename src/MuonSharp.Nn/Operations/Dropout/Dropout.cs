using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records dropout.</summary>
public static class DropoutRecording
{
    /// <summary>Sets each element to zero with a probability, and scales the others by 1/(1 - probability). An inference tape records nothing.</summary>
    /// <param name="tape">The tape; <see cref="Tape.Step"/> and <see cref="Tape.FirstSample"/> key the mask.</param>
    /// <param name="x">[rows, width]: sequences, or else each row is a sample of its own. The mask of a sample depends on its number in the step, not on
    /// its place in the batch.</param>
    /// <param name="probability">Of zero, 0 up to but not including 1; 0 records nothing.</param>
    /// <param name="stream">Numbers of this place in the model: a stream of its own.</param>
    /// <returns>The shape of x.</returns>
    /// <exception cref="ArgumentException">The probability does not fit.</exception>
    public static Tensor Dropout(this Tape tape, Tensor x, double probability, RandomStream stream)
    {
        Rule.Check(probability is >= 0 and < 1, $"[dropout] the probability is in [0, 1); {probability}");
        return tape.Training && probability > 0
            ? tape.Record(new DropoutOperation(x, probability, stream)).Output
            : x;
    }
}

/// <summary>y = x m / (1 - p), m = 0 with probability p and else 1; dx = dy m / (1 - p).</summary>
/// <remarks>The mask is a function of (seed, stream, step, sample, element), so the backward run computes it again and nothing is stored. Both
/// runs are in place where the memory is free. Cost: one pass and a quarter of a Philox block an element, each way.</remarks>
internal sealed unsafe class DropoutOperation(Tensor x, double probability, RandomStream stream) : Operation("dropout")
{
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = plan.Writes(x.Rows, x.Columns, replaces: x);
        _gradient = plan.Gradient(x, passedFrom: Output);
    }

    protected internal override void Forward(in TapeRun run) => Apply(run, x.Data, Output.Data, add: false);

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            Apply(run, Output.GradientData, _gradient.Data, _gradient.Accumulates);
        }
    }

    private void Apply(in TapeRun run, float* source, float* destination, bool add)
    {
        var kernel = new DropoutKernel
        {
            Source = source,
            Destination = destination,
            Rows = x.Rows,
            Columns = x.Columns,
            Time = x.Sequences?.Time ?? 1,
            Stream = stream,
            Step = run.Step,
            FirstSample = run.FirstSample,
            Threshold = (uint)Math.Min(uint.MaxValue, Math.Round(probability * (1UL << 32))),
            Scale = (float)(1 / (1 - probability)),
            Add = add,
        };
        run.Team.RunLanes(TaskSize.Pieces(x.Rows, TaskSize.RowsPerTask(x.Columns)), kernel);
    }
}

/// <summary>Masks and scales rows; source and destination may be the same. A task is a range of rows.</summary>
internal unsafe struct DropoutKernel : ITaskKernel
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
    public uint Threshold;
    public float Scale;
    public bool Add;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int rows = TaskSize.RowsPerTask(Columns);
        int end = Math.Min(Rows, (task + 1) * rows);
        uint* bits = stackalloc uint[Batch];
        for (int row = task * rows; row < end; row++)
        {
            // A token's numbers are those of its sequence's sample and its place in it, wherever the batch has them.
            uint sample = FirstSample + (uint)(row / Time);
            uint token = unchecked((sample * (uint)Time) + (uint)(row % Time));
            int pieces = TaskSize.Pieces(Columns, Batch);
            for (int piece = 0; piece < pieces; piece++)
            {
                int start = piece * Batch;
                int count = Math.Min(Batch, Columns - start);
                Stream.Fill(new Span<uint>(bits, count), Step, unchecked((token * (uint)pieces) + (uint)piece));
                Mask<L, V>(bits, ((nint)row * Columns) + start, count);
            }
        }
    }

    private readonly void Mask<L, V>(uint* bits, nint at, int count)
        where L : struct, ILanes<V>
        where V : struct
    {
        int i = 0;
        for (; i <= count - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            Lanes<L, V, FullVector>(bits + i, at + i, LaneDispatch.Count);
        }

        if (i < count)
        {
            Rest<L, V>(bits + i, at + i, count - i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Rest<L, V>(uint* bits, nint at, int left)
        where L : struct, ILanes<V>
        where V : struct => Lanes<L, V, RowEnd>(bits, at, left);

    /// <summary>Bits of lanes beyond the row are of an earlier row or of none; a vector of them is always there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Lanes<L, V, TExtent>(uint* bits, nint at, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        V kept = L.Multiply(TExtent.Load<L, V>(Source + at, left), L.Broadcast(Scale));
        VectorExtents.StoreOrAdd<L, V, TExtent>(Destination + at, L.Choose(L.AreBelow(bits, Threshold), L.Broadcast(0), kept), left, Add);
    }
}
