using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records convolutions.</summary>
public static class ConvolutionRecording
{
    /// <summary>y[o] at a pixel = Σ over inputs i and pixels (u, v) of the window of filters[o, i, u, v] x[i] there, plus bias[o]: cross-correlation, as torch's conv2d.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[batch·height·width, in], the pixels of images (<see cref="Tensor.Images"/>).</param>
    /// <param name="filters">[out, in·window height·window width], each filter stored as torch's [in, height, width].</param>
    /// <param name="bias">[1, out]; null for none.</param>
    /// <param name="window">Size, stride and padding; the padding is zeros.</param>
    /// <returns>[batch·height·width of the result, out], the pixels of images.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or the rows of x are no images.</exception>
    public static Tensor Convolution(this Tape tape, Tensor x, Tensor filters, Tensor? bias, Window window)
    {
        Images images = ImageRecording.ImagesOf(x, "convolution"), result = window.Over(images);
        Rule.Check(
            filters.Columns == (long)x.Columns * window.Pixels,
            $"[convolution] a filter has a weight for each of {x.Columns} channels and each of {window.Pixels} pixels; {filters}");
        Rule.Check(bias is null || bias.Length == filters.Rows, $"[convolution] the bias has an element for each of {filters.Rows} filters; {bias}");
        return tape.AsImages(tape.Record(new ConvolutionOperation(new(x, filters, bias, window, images, result))).Output, result);
    }
}

/// <summary>y = patches(x) Wᵀ + bias: an implicit product with the patches of channels-last images.</summary>
/// <remarks>
/// <para>Backward: dx = patches of dy, looked at with the opposite window, times W with its pixels in the opposite order; dW = dyᵀ patches(x); dbias = column sums of dy. With a stride s
/// the patches of dy are mostly zeros, and dx costs s² times what it need.</para>
/// <para>Cost: 2·pixels of the result·out·in·window FLOPs forward, twice that backward. Scratch: the filters in another order, never the patches: blocks of those are
/// written into a core's cache as the product comes to them.</para>
/// </remarks>
internal sealed unsafe class ConvolutionOperation(ConvolutionInputs inputs) : Operation("convolution")
{
    private TapeBuffer _forwardFilters = null!;
    private TapeBuffer? _oppositeFilters;
    private TapeBuffer? _filterForm;
    private TapeBuffer? _partial;
    private GradientSlot? _xGradient;
    private GradientSlot? _filterGradient;
    private GradientSlot? _biasGradient;

    public Tensor Output { get; private set; } = null!;

    public override string Shape =>
        $"{inputs.X.Columns}->{Output.Columns} {inputs.Window.Height}x{inputs.Window.Width} {inputs.Images.Batch}x{inputs.Images.Height}x{inputs.Images.Width}";

    protected internal override void Declare(OperationPlan plan)
    {
        (Tensor x, Tensor filters) = (inputs.X, inputs.Filters);
        plan.Reads(x, inBackward: filters.RequiresGradient);
        plan.Reads(filters, inBackward: x.RequiresGradient);
        plan.Reads(inputs.Bias);
        Output = plan.Writes(inputs.Result.Rows, filters.Rows);
        _forwardFilters = plan.ScratchInForward("filters", filters.Length);
        _xGradient = plan.Gradient(x);
        _filterGradient = plan.Gradient(filters);
        _biasGradient = plan.Gradient(inputs.Bias);
        _oppositeFilters = _xGradient is null ? null : plan.ScratchInBackward("opposite", filters.Length);
        _filterForm = _filterGradient is null ? null : plan.ScratchInBackward("gradient", filters.Length);
        _partial = _biasGradient is null ? null : plan.ScratchInBackward("bias", (long)ColumnSums.Chunks(Output.Rows, Output.Columns) * Output.Columns);
    }

    protected internal override OperationWork Work(OperationPlan plan, bool backward)
    {
        int products = backward ? GradientHandOn.Count(_xGradient, _filterGradient) : 1;
        return new(products * 2.0 * Output.Rows * inputs.Filters.Length, plan.Bytes(backward));
    }

    protected internal override void Forward(in TapeRun run)
    {
        (Tensor x, Tensor filters) = (inputs.X, inputs.Filters);
        FilterForms.ToRows(run.Team, filters.Data, filters.Rows, x.Columns, inputs.Window.Pixels, _forwardFilters.Pointer);
        var patches = ImagePatches.Of(x.Data, inputs);
        Matrix weight = Matrix.Dense(_forwardFilters.Pointer, filters.Rows, filters.Columns).Transposed;
        var y = Matrix.Dense(Output.Data, Output.Rows, Output.Columns);
        if (inputs.Bias is null)
        {
            ImplicitProduct.Multiply(run.Team, patches, weight, y, accumulate: false, default(NoEpilogue));
            return;
        }

        ImplicitProduct.Multiply(run.Team, patches, weight, y, accumulate: false, new LinearEpilogue<Identity> { Bias = inputs.Bias.Data, Columns = Output.Columns });
    }

    protected internal override void Backward(in TapeRun run)
    {
        (Tensor x, Tensor filters) = (inputs.X, inputs.Filters);
        int pixels = inputs.Window.Pixels;
        float* gradient = Output.GradientData;
        if (_biasGradient is not null)
        {
            ColumnSums.Run(run.Team, gradient, Output.Rows, Output.Columns, _partial!.Pointer, _biasGradient.Data, _biasGradient.Accumulates);
        }

        if (_filterGradient is not null)
        {
            var patches = ImagePatches.Of(x.Data, inputs);
            var form = Matrix.Dense(_filterForm!.Pointer, filters.Rows, filters.Columns);
            ImplicitProduct.MultiplyTransposed(run.Team, Matrix.Dense(gradient, Output.Rows, Output.Columns), patches, form, accumulate: false);
            FilterForms.FromRows(run.Team, form.Data, filters.Rows, x.Columns, pixels, _filterGradient.Data, _filterGradient.Accumulates);
        }

        if (_xGradient is not null)
        {
            FilterForms.ToOpposite(run.Team, filters.Data, filters.Rows, x.Columns, pixels, _oppositeFilters!.Pointer);
            var patches = ImagePatches.Opposite(gradient, inputs);
            var opposite = Matrix.Dense(_oppositeFilters.Pointer, pixels * filters.Rows, x.Columns);
            var dx = Matrix.Dense(_xGradient.Data, x.Rows, x.Columns);
            ImplicitProduct.Multiply(run.Team, patches, opposite, dx, _xGradient.Accumulates, default(NoEpilogue));
        }
    }
}

/// <summary>The operands of a convolution, their shapes checked.</summary>
internal sealed record ConvolutionInputs(Tensor X, Tensor Filters, Tensor? Bias, Window Window, Images Images, Images Result);
