using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>y = patches(x) Wᵀ + bias: an implicit product with the patches of channels-last images.</summary>
/// <remarks>
/// <para>Backward: dx = patches of dy, looked at with the opposite window, times W with its pixels in the opposite order; dW = dyᵀ patches(x). With a stride s
/// the patches of dy are mostly zeros, and dx costs s² times what it need.</para>
/// <para>Cost: 2·pixels of the result·out·in·window FLOPs forward, twice that backward. Scratch: the filters in another order, never the patches: blocks of those are
/// written into a core's cache as the product comes to them.</para>
/// </remarks>
internal sealed unsafe class DirectConvolution(ConvolutionInputs inputs) : ConvolutionOperation(inputs)
{
    private TapeBuffer _forwardFilters = null!;
    private TapeBuffer? _oppositeFilters;
    private TapeBuffer? _filterForm;

    protected override void DeclareScratch(OperationPlan plan, bool images, bool filters)
    {
        long length = Inputs.Filters.Length;
        _forwardFilters = plan.ScratchInForward("filters", length);
        _oppositeFilters = images ? plan.ScratchInBackward("opposite", length) : null;
        _filterForm = filters ? plan.ScratchInBackward("gradient", length) : null;
    }

    protected override void Multiply(WorkerTeam team)
    {
        (Tensor x, Tensor filters) = (Inputs.X, Inputs.Filters);
        FilterForms.ToRows(team, filters.Data, filters.Rows, x.Columns, Inputs.Window.Pixels, _forwardFilters.Pointer);
        var patches = ImagePatches.Of(x.Data, Inputs);
        Matrix weight = Matrix.Dense(_forwardFilters.Pointer, filters.Rows, filters.Columns).Transposed;
        var y = Matrix.Dense(Output.Data, Output.Rows, Output.Columns);
        if (Inputs.Bias is null)
        {
            ImplicitProduct.Multiply(team, patches, weight, y, accumulate: false, default(NoEpilogue));
            return;
        }

        ImplicitProduct.Multiply(team, patches, weight, y, accumulate: false, new LinearEpilogue<Identity> { Bias = Inputs.Bias.Data, Columns = Output.Columns });
    }

    protected override void FilterGradient(WorkerTeam team, float* filterGradient, bool add)
    {
        (Tensor x, Tensor filters) = (Inputs.X, Inputs.Filters);
        var patches = ImagePatches.Of(x.Data, Inputs);
        var form = Matrix.Dense(_filterForm!.Pointer, filters.Rows, filters.Columns);
        ImplicitProduct.MultiplyTransposed(team, Matrix.Dense(Output.GradientData, Output.Rows, Output.Columns), patches, form, accumulate: false);
        FilterForms.FromRows(team, form.Data, filters.Rows, x.Columns, Inputs.Window.Pixels, filterGradient, add);
    }

    protected override void ImageGradient(WorkerTeam team, float* imageGradient, bool add)
    {
        (Tensor x, Tensor filters, int pixels) = (Inputs.X, Inputs.Filters, Inputs.Window.Pixels);
        FilterForms.ToOpposite(team, filters.Data, filters.Rows, x.Columns, pixels, _oppositeFilters!.Pointer);
        var patches = ImagePatches.Opposite(Output.GradientData, Inputs);
        var opposite = Matrix.Dense(_oppositeFilters.Pointer, pixels * filters.Rows, x.Columns);
        ImplicitProduct.Multiply(team, patches, opposite, Matrix.Dense(imageGradient, x.Rows, x.Columns), add, default(NoEpilogue));
    }
}
