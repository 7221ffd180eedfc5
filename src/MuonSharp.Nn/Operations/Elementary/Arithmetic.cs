using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records arithmetic on whole tensors; sums are <see cref="ResidualRecording.Add"/>.</summary>
public static class ArithmeticRecording
{
    /// <summary>y = a b, element by element.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape.</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor Multiply(this Tape tape, Tensor a, Tensor b)
    {
        Rule.Check(a.Rows == b.Rows && a.Columns == b.Columns, $"[multiply] both have one shape; {a} and {b}");
        return tape.Record(new MultiplyOperation(a, b)).Output;
    }

    /// <summary>y = factor x.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="factor">A finite constant.</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ArgumentException">The factor is not finite.</exception>
    public static Tensor Scale(this Tape tape, Tensor x, float factor)
    {
        Rule.Check(float.IsFinite(factor), $"[scale] a factor is finite; {factor}");
        return tape.Record(new ScaleOperation(x, factor)).Output;
    }
}

/// <summary>y = a b; da = dy b, db = dy a.</summary>
internal sealed unsafe class MultiplyOperation(Tensor a, Tensor b) : Operation("multiply")
{
    private GradientSlot? _gradientA;
    private GradientSlot? _gradientB;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(a, inBackward: b.RequiresGradient);
        plan.Reads(b, inBackward: a.RequiresGradient);
        Output = plan.Writes(a.Rows, a.Columns);
        _gradientA = plan.Gradient(a);
        _gradientB = plan.Gradient(b);
    }

    protected internal override void Forward(in TapeRun run) => Elementwise.Map2<ProductFormula>(run.Team, a.Data, b.Data, Output.Data, a.Length);

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradientA is not null)
        {
            Elementwise.Map2<ProductFormula>(run.Team, Output.GradientData, b.Data, _gradientA.Data, a.Length, add: _gradientA.Accumulates);
        }

        if (_gradientB is not null)
        {
            Elementwise.Map2<ProductFormula>(run.Team, Output.GradientData, a.Data, _gradientB.Data, a.Length, add: _gradientB.Accumulates);
        }
    }
}

/// <summary>y = factor x; dx = factor dy. In place where nothing else reads x.</summary>
internal sealed unsafe class ScaleOperation(Tensor x, float factor) : Operation("scale")
{
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = plan.Writes(x.Rows, x.Columns, replaces: x);
        _gradient = plan.Gradient(x, passedFrom: Output);
    }

    protected internal override void Forward(in TapeRun run) => Elementwise.Map(run.Team, x.Data, Output.Data, x.Length, new FactorFormula(factor));

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            Elementwise.Map(run.Team, Output.GradientData, _gradient.Data, x.Length, new FactorFormula(factor), _gradient.Accumulates);
        }
    }
}

/// <summary>A constant times x.</summary>
internal readonly struct FactorFormula(float factor) : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct => L.Multiply(L.Broadcast(factor), x);
}
