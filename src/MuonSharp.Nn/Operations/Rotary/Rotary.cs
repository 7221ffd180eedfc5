using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records rotary position embeddings.</summary>
public static class RotaryRecording
{
    /// <summary>Turns each head's pairs (i, i + headWidth/2) by an angle that grows with the position.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Queries or keys of sequences, [rows, heads·headWidth].</param>
    /// <param name="headWidth">Width of a head, even.</param>
    /// <param name="frequencyBase">Base of the frequencies; default 10000.</param>
    /// <returns>The shape of x.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor Rotary(this Tape tape, Tensor x, int headWidth, double frequencyBase = RotaryFrequencies.DefaultBase)
    {
        Rule.Check(
            headWidth > 0 && headWidth % 2 == 0 && x.Columns % headWidth == 0,
            $"[rotary] heads have an even width that divides the columns; {x}, head width {headWidth}");
        return tape.Rotary(
            x, x.Columns / headWidth, HeadColumns.SideBySide(headWidth), RotaryFrequencies.Powers(headWidth, frequencyBase), RotaryPairing.Halves);
    }

    /// <summary>Turns a range of each head's columns; the others pass as they are. All rotations of a tape with equal frequencies share one table.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows, columns], the rows sequences.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="columns">What turns of each head, apart from the other heads.</param>
    /// <param name="frequencies">Of the range's pairs.</param>
    /// <param name="pairing">Which columns of the range are pairs.</param>
    /// <returns>The shape of x; in place where x has no other reader.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor Rotary(
        this Tape tape, Tensor x, int heads, HeadColumns columns, RotaryFrequencies frequencies, RotaryPairing pairing)
    {
        var sequences = Sequences.Of("rotary", x);
        Rule.Check(
            heads > 0 && columns.Fits(x.Columns, heads) && (heads == 1 || columns.Stride > 0),
            $"[rotary] heads lie apart inside the columns; {x}, {heads} heads of columns {columns}");
        Rule.Check(
            frequencies.Width == columns.Width, $"[rotary] a frequency turns two columns; {frequencies.Radians.Length} frequencies, columns {columns}");
        return tape.Record(new RotaryOperation(x, sequences, heads, columns, RotaryTable.Of(tape, sequences.Context, frequencies), pairing)).Output;
    }
}

/// <summary>Which columns of a head turn together.</summary>
public enum RotaryPairing
{
    /// <summary>Column i and column i + width/2: Hugging Face's llama.</summary>
    Halves,

    /// <summary>Columns 2i and 2i + 1: the original llama, DeepSeek.</summary>
    Interleaved,
}

/// <summary>Rotary position embedding.</summary>
/// <remarks>
/// <para>For a pair (u, v) at position p: (u cos a - v sin a, v cos a + u sin a), a[i] = p · frequency[i]. Backward is the rotation by -a, so both runs
/// are in place where the memory is free.</para>
/// <para>Source: J. Su et al., "RoFormer", arXiv:2104.09864; the pairings are those of the checkpoints.</para>
/// </remarks>
internal sealed unsafe class RotaryOperation(
    Tensor x, Sequences sequences, int heads, HeadColumns columns, RotaryTable table, RotaryPairing pairing) : Operation("rotary")
{
    private GradientSlot? _gradient;

    public RotaryTable Table => table;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = plan.Writes(x.Rows, x.Columns, replaces: x);
        _gradient = plan.Gradient(x, passedFrom: Output);
        table.Declare(plan);
    }

    protected internal override void Prepare() => table.Fill();

    protected internal override void Forward(in TapeRun run)
    {
        sequences.CheckPositions(Name, sequences.Context);
        Turn(run, x.Data, Output.Data, back: false, add: false);
    }

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            Turn(run, Output.GradientData, _gradient.Data, back: true, _gradient.Accumulates);
        }
    }

    private void Turn(in TapeRun run, float* source, float* destination, bool back, bool add)
    {
        var kernel = new RotaryKernel
        {
            Source = source,
            Destination = destination,
            Cosines = table.Cosines,
            Sines = table.Sines,
            Rows = x.Rows,
            Columns = x.Columns,
            Places = new RowPositions(sequences),
            Heads = heads,
            Head = columns,
            Pairing = pairing,
            Sign = back ? -1 : 1,
            Add = add,
        };
        run.Team.RunLanes(TaskSize.Pieces(x.Rows, TaskSize.RowsPerTask(x.Columns)), kernel);
    }
}

/// <summary>Turns the heads of rows; source and destination may be the same. A task is a range of rows.</summary>
internal unsafe struct RotaryKernel : ITaskKernel
{
    public float* Source;
    public float* Destination;
    public float* Cosines;
    public float* Sines;
    public int Rows;
    public int Columns;
    public RowPositions Places;
    public int Heads;
    public HeadColumns Head;
    public RotaryPairing Pairing;
    public float Sign;
    public bool Add;

    private readonly int Half => Head.Width / 2;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int rows = TaskSize.RowsPerTask(Columns);
        int end = Math.Min(Rows, (task + 1) * rows);
        for (int row = task * rows; row < end; row++)
        {
            nint table = (nint)Places.Of(row) * Half;
            nint start = (nint)row * Columns;
            int passed = 0;
            for (int head = 0; head < Heads; head++)
            {
                int first = Head.At(head);
                Pass(start + passed, first - passed);
                passed = first + Head.Width;
                nint at = start + first;
                if (Pairing == RotaryPairing.Halves)
                {
                    Halves<L, V>(Source + at, Destination + at, Cosines + table, Sines + table);
                }
                else
                {
                    Interleaved(Source + at, Destination + at, Cosines + table, Sines + table);
                }
            }

            Pass(start + passed, Columns - passed);
        }
    }

    /// <summary>Columns between the heads.</summary>
    private readonly void Pass(nint at, int count)
    {
        if (count > 0 && Add)
        {
            for (nint i = at; i < at + count; i++)
            {
                Destination[i] += Source[i];
            }
        }
        else if (count > 0 && Source != Destination)
        {
            new ReadOnlySpan<float>(Source + at, count).CopyTo(new Span<float>(Destination + at, count));
        }
    }

    private readonly void Interleaved(float* source, float* destination, float* cosines, float* sines)
    {
        for (int i = 0; i < Half; i++)
        {
            (float u, float v, float sine) = (source[2 * i], source[(2 * i) + 1], Sign * sines[i]);
            float turnedU = MathF.FusedMultiplyAdd(u, cosines[i], 0 - (v * sine));
            float turnedV = MathF.FusedMultiplyAdd(v, cosines[i], u * sine);
            destination[2 * i] = Add ? destination[2 * i] + turnedU : turnedU;
            destination[(2 * i) + 1] = Add ? destination[(2 * i) + 1] + turnedV : turnedV;
        }
    }

    private readonly void Halves<L, V>(float* source, float* destination, float* cosines, float* sines)
        where L : struct, ILanes<V>
        where V : struct
    {
        int i = 0;
        for (; i <= Half - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            Turn<L, V, FullVector>(source + i, destination + i, cosines + i, sines + i, Half - i);
        }

        if (i < Half)
        {
            LastOfHead<L, V>(source + i, destination + i, cosines + i, sines + i, Half - i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void LastOfHead<L, V>(float* source, float* destination, float* cosines, float* sines, int left)
        where L : struct, ILanes<V>
        where V : struct => Turn<L, V, RowEnd>(source, destination, cosines, sines, left);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Turn<L, V, TExtent>(float* source, float* destination, float* cosines, float* sines, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        V u = TExtent.Load<L, V>(source, left);
        V v = TExtent.Load<L, V>(source + Half, left);
        V cosine = TExtent.Load<L, V>(cosines, left);
        V sine = L.Multiply(L.Broadcast(Sign), TExtent.Load<L, V>(sines, left));
        V turnedU = L.MultiplyAdd(u, cosine, L.Subtract(L.Broadcast(0), L.Multiply(v, sine)));
        V turnedV = L.MultiplyAdd(v, cosine, L.Multiply(u, sine));
        VectorExtents.StoreOrAdd<L, V, TExtent>(destination, turnedU, left, Add);
        VectorExtents.StoreOrAdd<L, V, TExtent>(destination + Half, turnedV, left, Add);
    }
}

/// <summary>Powers with the same bits on every machine, for tables that weights depend on.</summary>
internal static class PortablePower
{
    private const double Ln2 = 0.69314718055994530942;
    private const int Terms = 18;

    /// <summary>base^exponent = 2^k e^f, |f| ≤ ln 2 / 2, e^f by Taylor; relative error below 1e-14 for results of ordinary size.</summary>
    /// <param name="number">The base, positive.</param>
    /// <param name="exponent">The exponent.</param>
    public static double Of(double number, double exponent)
    {
        double logarithm = exponent * PortableMath.Log(number);
        double k = Math.Round(logarithm / Ln2);
        double f = logarithm - (k * Ln2);
        double sum = 1.0;
        for (int term = Terms; term > 0; term--)
        {
            sum = 1 + (f * sum / term);
        }

        return Math.ScaleB(sum, (int)k);
    }
}
