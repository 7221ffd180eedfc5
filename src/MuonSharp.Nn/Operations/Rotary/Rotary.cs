using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records rotary position embeddings.</summary>
public static class RotaryRecording
{
    /// <summary>Base of the frequencies in llama.</summary>
    public const double DefaultBase = 10000;

    /// <summary>Turns each head's pairs (i, i + headWidth/2) by an angle that grows with the position.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Queries or keys [batch·time, heads·headWidth].</param>
    /// <param name="time">Tokens of a sequence.</param>
    /// <param name="headWidth">Width of a head, even.</param>
    /// <param name="frequencyBase">Base of the frequencies; default 10000.</param>
    /// <returns>The shape of x.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor Rotary(this Tape tape, Tensor x, int time, int headWidth, double frequencyBase = DefaultBase)
    {
        Rule.Check(time > 0 && x.Rows % time == 0, $"[rotary] the rows are whole sequences of time tokens; {x}, time {time}");
        Rule.Check(
            headWidth > 0 && headWidth % 2 == 0 && x.Columns % headWidth == 0,
            $"[rotary] heads have an even width that divides the columns; {x}, head width {headWidth}");
        return tape.Record(new RotaryOperation(x, time, headWidth, frequencyBase)).Output;
    }
}

/// <summary>Rotary position embedding in the half-split convention of Hugging Face's llama.</summary>
/// <remarks>
/// <para>For a head (u, v) of two halves at position p: (u cos a - v sin a, v cos a + u sin a), a[i] = p · base^(-2i/headWidth). Backward is
/// the rotation by -a, so both runs are in place where the memory is free.</para>
/// <para>x [batch·time, heads·headWidth]. Tables of cosines and sines [time, headWidth/2] are computed in double precision once.</para>
/// <para>Source: J. Su et al., "RoFormer", arXiv:2104.09864; the half-split order is that of the checkpoints.</para>
/// </remarks>
internal sealed unsafe class RotaryOperation(Tensor x, int time, int headWidth, double frequencyBase) : Operation("rotary")
{
    private TapeBuffer _cosines = null!;
    private TapeBuffer _sines = null!;
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = plan.Writes(x.Rows, x.Columns, replaces: x);
        _gradient = plan.Gradient(x, passedFrom: Output);
        _cosines = plan.Keeps("cosines", (long)time * (headWidth / 2));
        _sines = plan.Keeps("sines", (long)time * (headWidth / 2));
    }

    protected internal override void Prepare()
    {
        int half = headWidth / 2;
        for (int i = 0; i < half; i++)
        {
            double turns = PortablePower.Of(frequencyBase, -2.0 * i / headWidth) / (2 * Math.PI);
            for (int position = 0; position < time; position++)
            {
                (double sine, double cosine) = PortableMath.SinCosTurns(position * turns);
                _cosines.Pointer[(position * half) + i] = (float)cosine;
                _sines.Pointer[(position * half) + i] = (float)sine;
            }
        }
    }

    protected internal override void Forward(in TapeRun run) => Turn(run, x.Data, Output.Data, back: false, add: false);

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            Turn(run, Output.GradientData, _gradient.Data, back: true, _gradient.Accumulates);
        }
    }

    private void Turn(in TapeRun run, float* source, float* destination, bool back, bool add)
    {
        var job = new RotaryJob
        {
            Source = source,
            Destination = destination,
            Cosines = _cosines.Pointer,
            Sines = _sines.Pointer,
            Rows = x.Rows,
            Columns = x.Columns,
            Time = time,
            Half = headWidth / 2,
            Sign = back ? -1 : 1,
            Add = add,
        };
        run.Team.Run(Cut.Pieces(x.Rows, Cut.RowsPerTask(x.Columns)), ref job);
    }
}

/// <summary>Turns the heads of rows; source and destination may be the same. A task is a range of rows.</summary>
internal unsafe struct RotaryJob : ITeamJob, ILaneKernel
{
    public float* Source;
    public float* Destination;
    public float* Cosines;
    public float* Sines;
    public int Rows;
    public int Columns;
    public int Time;
    public int Half;
    public float Sign;
    public bool Add;
    private int _task;

    public readonly void Run(int task, int worker)
    {
        RotaryJob mine = this;
        mine._task = task;
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        int rows = Cut.RowsPerTask(Columns);
        int end = Math.Min(Rows, (_task + 1) * rows);
        for (int row = _task * rows; row < end; row++)
        {
            nint table = (nint)(row % Time) * Half;
            for (int head = 0; head < Columns; head += 2 * Half)
            {
                nint at = ((nint)row * Columns) + head;
                Head<L, V>(Source + at, Destination + at, Cosines + table, Sines + table);
            }
        }
    }

    private readonly void Head<L, V>(float* source, float* destination, float* cosines, float* sines)
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
