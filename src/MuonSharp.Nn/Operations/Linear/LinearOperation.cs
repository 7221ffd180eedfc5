using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

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
    private StepBuffer? _derivative;
    private StepBuffer? _partial;
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
            _derivative = plan.Saves("derivative", Output.Length);
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
        var products = backward ? GradientPass.Count(_xGradient, _weightGradient) : 1;
        return new(products * inputs.ProductFlops, plan.Bytes(backward) - (backward ? GradientPass.SharedBytes(Output, _residualGradient) : 0));
    }

    protected internal override void Forward(in TapeRun run)
    {
        var x = Matrix.Dense(inputs.X.Data, inputs.X.Rows, inputs.X.Columns);
        var weight = inputs.InOut(inputs.Weight.Data);
        var y = Matrix.Dense(Output.Data, Output.Rows, Output.Columns);
        if (inputs.Residual is null && inputs.Bias is null && TActivation.IsIdentity)
        {
            MatrixProduct.Multiply(run.Team, x, weight, y);
            return;
        }

        var epilogue = new LinearEpilogue<TActivation>
        {
            Bias = inputs.Bias is null ? null : inputs.Bias.Data,
            Residual = inputs.Residual is null ? null : inputs.Residual.Data,
            Derivative = _derivative is null ? null : _derivative.Pointer,
            Columns = Output.Columns,
        };
        MatrixProduct.Multiply(run.Team, x, weight, y, accumulate: false, 1, epilogue);
    }

    protected internal override void Backward(in TapeRun run)
    {
        var gradient = Output.GradientData;
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

        GradientPass.Run(run.Team, Output, _residualGradient);
    }

    private void Differentiate(WorkerTeam team, float* gradient)
    {
        if (_derivative is null)
        {
            ElementJob<DerivativeFormula<TActivation>>.Run(team, gradient, Output.Data, gradient, Output.Length, add: false);
        }
        else
        {
            ElementJob<ProductFormula>.Run(team, gradient, _derivative.Pointer, gradient, Output.Length, add: false);
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
