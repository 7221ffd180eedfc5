using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>y = x W_eᵀ for the rows of each expert e.</summary>
/// <remarks>
/// <para>Backward: dx = dy W_e, dW_e = dyᵀ x over the rows of e alone. A parameter's expert without rows keeps its gradient of zero and is said to have none, so that no
/// optimizer moves it or decays its momentum; over several micro-batches one row is enough.</para>
/// <para>Cost: 2·rows·active·in·out FLOPs forward, twice that backward, however the rows are shared out.</para>
/// </remarks>
internal sealed unsafe class LinearByExpertOperation(Tensor x, Tensor weights, ExpertChoice choice) : Operation("linear by expert")
{
    private GradientSlot? _xGradient;
    private GradientSlot? _weightGradient;

    public Tensor Output { get; private set; } = null!;

    public override string Shape => $"{x.Rows}x{x.Columns}->{Outputs}";

    private int Outputs => (int)(weights.Columns / (long)x.Columns);

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x, inBackward: weights.RequiresGradient);
        plan.Reads(weights, inBackward: x.RequiresGradient);
        plan.Reads(choice.Starts, inBackward: true);
        Output = plan.Writes(x.Rows, Outputs);
        _xGradient = plan.Gradient(x);
        _weightGradient = plan.Gradient(weights);
        if (_weightGradient is not null)
        {
            weights.Parameter?.MarkByMatrix();
        }
    }

    protected internal override OperationWork Work(OperationPlan plan, bool backward) =>
        new((backward ? GradientHandOn.Count(_xGradient, _weightGradient) : 1) * 2.0 * x.Length * Outputs, plan.Bytes(backward));

    protected internal override void Forward(in TapeRun run)
    {
        Span<int> starts = stackalloc int[choice.Experts + 1];
        choice.ReadStarts(starts);
        GroupedProduct.Multiply(run.Team, Rows(x, x.Data), starts, Stack(weights.Data).Transposed, Rows(Output, Output.Data));
    }

    protected internal override void Backward(in TapeRun run)
    {
        Span<int> starts = stackalloc int[choice.Experts + 1];
        choice.ReadStarts(starts);
        Matrix dy = Rows(Output, Output.GradientData);
        if (_xGradient is not null)
        {
            GroupedProduct.Multiply(run.Team, dy, starts, Stack(weights.Data), Rows(x, _xGradient.Data), _xGradient.Accumulates);
        }

        if (_weightGradient is not null)
        {
            GroupedProduct.MultiplyTransposed(run.Team, dy, Rows(x, x.Data), starts, Stack(_weightGradient.Data), _weightGradient.Accumulates);
            Mark(starts);
        }
    }

    /// <summary>Says which experts took part. An expert may be several matrices: parts, or heads.</summary>
    private void Mark(ReadOnlySpan<int> starts)
    {
        if (weights.Parameter is not { } parameter)
        {
            return;
        }

        int matrices = parameter.Matrices.Length / choice.Experts;
        for (int matrix = 0; matrix < parameter.Matrices.Length; matrix++)
        {
            if (starts[(matrix / matrices) + 1] > starts[matrix / matrices])
            {
                parameter.SetGradientOf(matrix, hasGradient: true);
            }
        }
    }

    private MatrixStack Stack(float* data) => MatrixStack.Dense(data, choice.Experts, Outputs, x.Columns);

    private static Matrix Rows(Tensor tensor, float* data) => Matrix.Dense(data, tensor.Rows, tensor.Columns);
}
