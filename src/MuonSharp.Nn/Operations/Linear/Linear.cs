using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Records linear layers.</summary>
public static class LinearRecording
{
    /// <summary>y = f(x Wᵀ + bias) + residual.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows, in].</param>
    /// <param name="weight">[out, in], or [in, out] by <paramref name="orientation"/>.</param>
    /// <param name="bias">[1, out]; null for none.</param>
    /// <param name="activation">f; null for none.</param>
    /// <param name="residual">[rows, out], added to the result; null for none. Not together with an activation.</param>
    /// <param name="orientation">How the weight is stored; default [out, in].</param>
    /// <returns>[rows, out].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or the options exclude each other.</exception>
    public static Tensor Linear(
        this Tape tape,
        Tensor x,
        Tensor weight,
        Tensor? bias = null,
        Activation? activation = null,
        Tensor? residual = null,
        MatrixOrientation orientation = MatrixOrientation.OutIn)
    {
        (int fanOut, int fanIn) = orientation == MatrixOrientation.OutIn ? (weight.Rows, weight.Columns) : (weight.Columns, weight.Rows);
        Rule.Check(x.Columns == fanIn, $"[linear] inner sizes differ: x is {x}, the weight {weight} stored {orientation}");
        Rule.Check(bias is null || bias.Length == fanOut, $"[linear] the bias has an element for each of {fanOut} outputs; {bias}");
        Rule.Check(
            residual is null || (residual.Rows == x.Rows && residual.Columns == fanOut),
            $"[linear] the residual has the shape of the result, [{x.Rows}, {fanOut}]; {residual}");
        Rule.Check(
            activation is null || activation == Activation.Identity || residual is null, $"[linear] an activation and a residual exclude each other; {activation} and {residual}");
        var inputs = new LinearInputs(x, weight, bias, residual, orientation);
        return (activation ?? Activation.Identity).RecordLinear(tape, inputs);
    }
}

/// <summary>y = f(x Wᵀ + bias) + residual: x [rows, in], W [out, in] or stored [in, out], y [rows, out].</summary>
/// <remarks>
/// <para>Backward, with z the argument of f: dz = dy f'(z), dx = dz W, dW = dzᵀ x, dbias = column sums of dz, dresidual = dy.</para>
/// <para>Bias, f and residual are the product's epilogue: no pass of their own. f'(z) is computed with f and kept, unless
/// it follows from y; dz overwrites dy; the residual's gradient takes over dy's buffer.</para>
/// <para>Cost: 2·rows·in·out FLOPs forward, twice that backward. Scratch: partial sums of the bias gradient.</para>
/// </remarks>
internal sealed unsafe class LinearOperation<TActivation>(LinearInputs inputs) : Operation("linear")
    where TActivation : struct, IActivation
{
    private TapeBuffer? _derivative;
    private TapeBuffer? _partial;
    private GradientSlot? _xGradient;
    private GradientSlot? _weightGradient;
    private GradientSlot? _biasGradient;
    private GradientSlot? _residualGradient;

    public Tensor Output { get; private set; } = null!;

    public override string Shape => inputs.Shape;

    private static bool KeepsDerivative => !TActivation.DerivativeFromOutput;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(inputs.X, inBackward: inputs.Weight.RequiresGradient);
        plan.Reads(inputs.Weight, inBackward: inputs.X.RequiresGradient);
        plan.Reads(inputs.Bias);
        plan.Reads(inputs.Residual);
        Output = plan.Writes(inputs.X.Rows, inputs.FanOut, inBackward: !TActivation.IsIdentity && !KeepsDerivative);
        if (Output.RequiresGradient && KeepsDerivative)
        {
            _derivative = plan.ForBackward("derivative", Output.Length);
        }

        _xGradient = plan.Gradient(inputs.X);
        _weightGradient = plan.Gradient(inputs.Weight);
        _biasGradient = plan.Gradient(inputs.Bias);
        _residualGradient = plan.Gradient(inputs.Residual, passedFrom: Output);
        if (_biasGradient is not null)
        {
            _partial = plan.ScratchInBackward("bias", (long)ColumnSums.Chunks(Output.Rows, Output.Columns) * Output.Columns);
        }
    }

    protected internal override OperationWork Work(OperationPlan plan, bool backward)
    {
        int products = backward ? GradientHandOn.Count(_xGradient, _weightGradient) : 1;
        return new(products * inputs.ProductFlops, plan.Bytes(backward) - (backward ? GradientHandOn.SharedBytes(Output, _residualGradient) : 0));
    }

    protected internal override void Forward(in TapeRun run)
    {
        if (inputs.X.Sequences is not { Live: { } live } all)
        {
            Forward(run.Team, 0, Output.Rows);
            return;
        }

        for (int sequence = 0; sequence < all.Batch; sequence++)
        {
            Forward(run.Team, sequence * all.Time, live.Rows(sequence));
        }
    }

    private void Forward(WorkerTeam team, int row, int rows)
    {
        var x = Matrix.Dense(inputs.X.Data + ((nint)row * inputs.X.Columns), rows, inputs.X.Columns);
        Matrix weight = inputs.InOut(inputs.Weight.Data);
        nint first = (nint)row * Output.Columns;
        var y = Matrix.Dense(Output.Data + first, rows, Output.Columns);
        if (inputs.Residual is null && inputs.Bias is null && TActivation.IsIdentity)
        {
            MatrixProduct.Multiply(team, x, weight, y);
            return;
        }

        var epilogue = new LinearEpilogue<TActivation>
        {
            Bias = inputs.Bias is null ? null : inputs.Bias.Data,
            Residual = inputs.Residual is null ? null : inputs.Residual.Data + first,
            Derivative = _derivative is null ? null : _derivative.Pointer + first,
            Columns = Output.Columns,
        };
        MatrixProduct.Multiply(team, x, weight, y, accumulate: false, 1, epilogue);
    }

    protected internal override void Backward(in TapeRun run)
    {
        float* gradient = Output.GradientData;
        if (!TActivation.IsIdentity)
        {
            Differentiate(run.Team, gradient);
        }

        var dy = Matrix.Dense(gradient, Output.Rows, Output.Columns);
        if (_biasGradient is not null)
        {
            ColumnSums.Run(run.Team, gradient, dy.Rows, dy.Columns, _partial!.Pointer, _biasGradient.Data, _biasGradient.Accumulates);
        }

        if (_xGradient is not null)
        {
            var dx = Matrix.Dense(_xGradient.Data, inputs.X.Rows, inputs.X.Columns);
            MatrixProduct.Multiply(run.Team, dy, inputs.InOut(inputs.Weight.Data).Transposed, dx, _xGradient.Accumulates);
        }

        if (_weightGradient is not null)
        {
            WeightGradient(run.Team, dy, _weightGradient);
        }

        GradientHandOn.Run(run.Team, Output, _residualGradient);
    }

    private void Differentiate(WorkerTeam team, float* gradient)
    {
        if (_derivative is null)
        {
            Elementwise.Map2<DerivativeFormula<TActivation>>(team, gradient, Output.Data, gradient, Output.Length);
        }
        else
        {
            Elementwise.Map2<ProductFormula>(team, gradient, _derivative.Pointer, gradient, Output.Length);
        }
    }

    private void WeightGradient(WorkerTeam team, Matrix dy, GradientSlot slot)
    {
        var x = Matrix.Dense(inputs.X.Data, inputs.X.Rows, inputs.X.Columns);
        var stored = Matrix.Dense(slot.Data, inputs.Weight.Rows, inputs.Weight.Columns);
        if (inputs.Orientation == MatrixOrientation.OutIn)
        {
            MatrixProduct.Multiply(team, dy.Transposed, x, stored, slot.Accumulates);
        }
        else
        {
            MatrixProduct.Multiply(team, x.Transposed, dy, stored, slot.Accumulates);
        }
    }
}

/// <summary>The operands of a linear layer, their shapes checked.</summary>
internal sealed unsafe record LinearInputs(Tensor X, Tensor Weight, Tensor? Bias, Tensor? Residual, MatrixOrientation Orientation)
{
    public int FanOut => Orientation == MatrixOrientation.OutIn ? Weight.Rows : Weight.Columns;

    /// <summary>FLOPs of x Wᵀ, and of each of its two gradients.</summary>
    public double ProductFlops => 2.0 * X.Rows * Weight.Length;

    /// <summary>Rows x fan-in -> fan-out.</summary>
    public string Shape => $"{X.Rows}x{X.Columns}->{FanOut}";

    /// <summary>Some matrix stored like the weight, seen as [in, out].</summary>
    public Matrix InOut(float* data)
    {
        var stored = Matrix.Dense(data, Weight.Rows, Weight.Columns);
        return Orientation == MatrixOrientation.OutIn ? stored.Transposed : stored;
    }
}
