using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records losses that compare each element with its target; the mean is over all elements, as torch's.</summary>
public static class PointwiseLossRecording
{
    /// <summary>Mean of (y - t)².</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="prediction">y, any shape.</param>
    /// <param name="target">t, the same shape; no gradient flows into it.</param>
    /// <returns>Where the loss appears after a forward run.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Loss MeanSquaredError(this Tape tape, Tensor prediction, Tensor target) =>
        Record(tape, "mean-squared-error", prediction, target, new SquaredError());

    /// <summary>Mean of |y - t|; the derivative where both are equal is 0.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="prediction">y, any shape.</param>
    /// <param name="target">t, the same shape; no gradient flows into it.</param>
    /// <returns>Where the loss appears after a forward run.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Loss MeanAbsoluteError(this Tape tape, Tensor prediction, Tensor target) =>
        Record(tape, "mean-absolute-error", prediction, target, new AbsoluteError());

    /// <summary>Mean of d²/2 where |d| = |y - t| is at most delta, and of delta (|d| - delta/2) beyond.</summary>
    /// <remarks>Source: P. Huber, "Robust estimation of a location parameter", 1964; torch's HuberLoss.</remarks>
    /// <param name="tape">The tape.</param>
    /// <param name="prediction">y, any shape.</param>
    /// <param name="target">t, the same shape; no gradient flows into it.</param>
    /// <param name="delta">Where the square ends, above 0. Default 1.</param>
    /// <returns>Where the loss appears after a forward run.</returns>
    /// <exception cref="ArgumentException">The shapes differ, or delta is not above 0.</exception>
    public static Loss Huber(this Tape tape, Tensor prediction, Tensor target, double delta = 1)
    {
        Rule.Check(delta > 0 && double.IsFinite(delta), $"[huber] delta is a number above 0; {delta}");
        return Record(tape, "huber", prediction, target, new HuberError((float)delta));
    }

    /// <summary>Mean of log(1 + exp(z)) - t z: the binary cross-entropy of sigmoid(z) against t.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="logits">z, any shape.</param>
    /// <param name="target">t in [0, 1], the same shape; no gradient flows into it.</param>
    /// <returns>Where the loss appears after a forward run.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Loss BinaryCrossEntropy(this Tape tape, Tensor logits, Tensor target) =>
        Record(tape, "binary-cross-entropy", logits, target, new BinaryError());

    private static Loss Record<TFormula>(Tape tape, string name, Tensor prediction, Tensor target, TFormula formula)
        where TFormula : struct, IPointwiseLoss
    {
        Rule.Check(
            prediction.Rows == target.Rows && prediction.Columns == target.Columns,
            $"[{name}] prediction and target have one shape; {prediction} and {target}");
        return tape.Record(new PointwiseLossOperation<TFormula>(name, prediction, target, formula)).Loss;
    }
}

/// <summary>The loss of an element and its derivative, on sixteen lanes.</summary>
internal interface IPointwiseLoss
{
    /// <summary>A prediction whose loss against 0 is 0: what stands beyond the end of the data.</summary>
    static abstract float NoLoss { get; }

    /// <summary>The loss of each element, and its derivative by the prediction.</summary>
    V Loss<L, V>(V prediction, V target, out V derivative)
        where L : struct, ILanes<V>
        where V : struct;
}

/// <summary>The mean of an element's loss over all elements.</summary>
/// <remarks>The forward run writes the gradients, derivative · scale / elements, so the backward run has nothing to do. Sums: lanes over 256 elements, then
/// doubles in a fixed order.</remarks>
internal sealed unsafe class PointwiseLossOperation<TFormula>(string name, Tensor prediction, Tensor target, TFormula formula) : Operation(name)
    where TFormula : struct, IPointwiseLoss
{
    private TapeBuffer _sums = null!;
    private GradientSlot? _gradient;

    public Loss Loss { get; } = new();

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(prediction);
        plan.Reads(target);
        _gradient = plan.Gradient(prediction, duringForward: true);
        _sums = plan.ScratchInForward("losses", 2L * Elementwise.Tasks(prediction.Length));
    }

    protected internal override void Forward(in TapeRun run)
    {
        int tasks = Elementwise.Tasks(prediction.Length);
        Loss.Counted = prediction.Length;
        run.Team.RunLanes(tasks, new PointwiseLossKernel<TFormula>
        {
            Prediction = prediction.Data,
            Target = target.Data,
            Gradient = _gradient is null ? null : _gradient.Data,
            Add = _gradient is { Accumulates: true },
            Scale = Loss.GradientScale / prediction.Length,
            Length = prediction.Length,
            Sums = (double*)_sums.Pointer,
            Formula = formula,
        });
        Loss.Add((double*)_sums.Pointer, tasks);
    }

    protected internal override void Backward(in TapeRun run)
    {
    }
}

/// <summary>One chunk of elements a task.</summary>
internal unsafe struct PointwiseLossKernel<TFormula> : ITaskKernel
    where TFormula : struct, IPointwiseLoss
{
    private const int RunLength = 16 * LaneDispatch.Count;

    public float* Prediction;
    public float* Target;
    public float* Gradient;
    public bool Add;
    public float Scale;
    public long Length;
    public double* Sums;
    public TFormula Formula;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        long start = task * (long)Elementwise.Chunk;
        long end = Math.Min(Length, start + Elementwise.Chunk);
        double total = 0;
        while (start < end)
        {
            long stop = Math.Min(end, start + RunLength);
            V sum = L.Broadcast(0);
            long i = start;
            for (; i <= stop - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                sum = L.Add(sum, Lanes<L, V, FullVector>(i, LaneDispatch.Count));
            }

            total += i < stop ? Last<L, V>(sum, i, (int)(stop - i)) : L.Sum(sum);
            start = stop;
        }

        Sums[task] = total;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly float Last<L, V>(V sum, long i, int left)
        where L : struct, ILanes<V>
        where V : struct => L.Sum(L.Add(sum, Lanes<L, V, RowEnd>(i, left)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly V Lanes<L, V, TExtent>(long i, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        V prediction = TExtent.Load<L, V>(Prediction + i, left, TFormula.NoLoss);
        V loss = Formula.Loss<L, V>(prediction, TExtent.Load<L, V>(Target + i, left), out V derivative);
        if (Gradient is not null)
        {
            VectorExtents.StoreOrAdd<L, V, TExtent>(Gradient + i, L.Multiply(derivative, L.Broadcast(Scale)), left, Add);
        }

        return loss;
    }
}

/// <summary>d², 2d with d = y - t.</summary>
internal readonly struct SquaredError : IPointwiseLoss
{
    public static float NoLoss => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Loss<L, V>(V prediction, V target, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        V difference = L.Subtract(prediction, target);
        derivative = L.Add(difference, difference);
        return L.Multiply(difference, difference);
    }
}

/// <summary>|d|, sign(d).</summary>
internal readonly struct AbsoluteError : IPointwiseLoss
{
    public static float NoLoss => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Loss<L, V>(V prediction, V target, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        V difference = L.Subtract(prediction, target);
        V size = L.Abs(difference);

        // Of what is not a number the derivative is not a number either.
        V sign = L.Choose(L.LessThan(L.Broadcast(0), size), L.CopySign(L.Broadcast(1), difference), L.Broadcast(0));
        derivative = L.Choose(L.LessThan(size, L.Broadcast(float.PositiveInfinity)), sign, difference);
        return size;
    }
}

/// <summary>d²/2, d up to delta; delta (|d| - delta/2), ±delta beyond.</summary>
internal readonly struct HuberError(float delta) : IPointwiseLoss
{
    public static float NoLoss => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Loss<L, V>(V prediction, V target, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        V limit = L.Broadcast(delta);
        V difference = L.Subtract(prediction, target);
        V size = L.Abs(difference);
        V beyond = L.LessThan(limit, size);
        derivative = L.Choose(beyond, L.CopySign(limit, difference), difference);
        V half = L.Broadcast(0.5f);
        return L.Choose(
            beyond,
            L.Multiply(limit, L.Subtract(size, L.Multiply(half, limit))),
            L.Multiply(half, L.Multiply(difference, difference)));
    }
}

/// <summary>max(z, 0) - t z + log(1 + exp(-|z|)), sigmoid(z) - t.</summary>
internal readonly struct BinaryError : IPointwiseLoss
{
    public static float NoLoss => -200;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Loss<L, V>(V prediction, V target, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        derivative = L.Subtract(LaneMath.Sigmoid<L, V>(prediction), target);
        V linear = L.Subtract(L.Max(L.Broadcast(0), prediction), L.Multiply(target, prediction));
        return L.Add(linear, LaneFormulas.LogOnePlusExp<L, V>(prediction));
    }
}
