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
        return tape.AsImages(tape.Record(ConvolutionOperation.Of(new(x, filters, bias, window, images, result))).Output, result);
    }
}

/// <summary>A convolution of channels-last images, in one of the ways to compute it.</summary>
/// <remarks>Backward: dbias = column sums of dy; dx and dW the way's own. <see cref="Work"/> counts the direct sums' FLOPs, whatever the way: 2·pixels of the result·out·in·window forward,
/// as much for each gradient.</remarks>
internal abstract unsafe class ConvolutionOperation(ConvolutionInputs inputs) : Operation("convolution")
{
    private TapeBuffer? _partial;
    private GradientSlot? _xGradient;
    private GradientSlot? _filterGradient;
    private GradientSlot? _biasGradient;

    public Tensor Output { get; private set; } = null!;

    public override string Shape =>
        $"{inputs.X.Columns}->{Output.Columns} {inputs.Window.Height}x{inputs.Window.Width} {inputs.Images.Batch}x{inputs.Images.Height}x{inputs.Images.Width}";

    protected ConvolutionInputs Inputs => inputs;

    /// <summary>The way that costs least.</summary>
    public static ConvolutionOperation Of(ConvolutionInputs inputs) => WinogradConvolution.Fits(inputs) ? new WinogradConvolution(inputs) : new DirectConvolution(inputs);

    protected internal override void Declare(OperationPlan plan)
    {
        (Tensor x, Tensor filters) = (inputs.X, inputs.Filters);
        plan.Reads(x, inBackward: filters.RequiresGradient);
        plan.Reads(filters, inBackward: x.RequiresGradient);
        plan.Reads(inputs.Bias);
        Output = plan.Writes(inputs.Result.Rows, filters.Rows);
        _xGradient = plan.Gradient(x);
        _filterGradient = plan.Gradient(filters);
        _biasGradient = plan.Gradient(inputs.Bias);
        DeclareScratch(plan, _xGradient is not null, _filterGradient is not null);
        _partial = _biasGradient is null ? null : plan.ScratchInBackward("bias", (long)ColumnSums.Chunks(Output.Rows, Output.Columns) * Output.Columns);
    }

    protected internal override OperationWork Work(OperationPlan plan, bool backward)
    {
        int products = backward ? GradientHandOn.Count(_xGradient, _filterGradient) : 1;
        return new(products * 2.0 * Output.Rows * inputs.Filters.Length, plan.Bytes(backward));
    }

    protected internal override void Forward(in TapeRun run) => Multiply(run.Team);

    protected internal override void Backward(in TapeRun run)
    {
        if (_biasGradient is not null)
        {
            ColumnSums.Run(run.Team, Output.GradientData, Output.Rows, Output.Columns, _partial!.Pointer, _biasGradient.Data, _biasGradient.Accumulates);
        }

        if (_filterGradient is not null)
        {
            FilterGradient(run.Team, _filterGradient.Data, _filterGradient.Accumulates);
        }

        if (_xGradient is not null)
        {
            ImageGradient(run.Team, _xGradient.Data, _xGradient.Accumulates);
        }
    }

    /// <summary>Declares what the way needs besides.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="images">Whether the images' gradient is wanted.</param>
    /// <param name="filters">Whether the filters' gradient is wanted.</param>
    protected abstract void DeclareScratch(OperationPlan plan, bool images, bool filters);

    /// <summary>The result, bias included.</summary>
    /// <param name="team">Workers.</param>
    protected abstract void Multiply(WorkerTeam team);

    /// <summary>The filters' gradient.</summary>
    /// <param name="team">Workers.</param>
    /// <param name="filterGradient">Out: [out, in, window].</param>
    /// <param name="add">Whether to add to what is there.</param>
    protected abstract void FilterGradient(WorkerTeam team, float* filterGradient, bool add);

    /// <summary>The images' gradient.</summary>
    /// <param name="team">Workers.</param>
    /// <param name="imageGradient">Out: as x.</param>
    /// <param name="add">Whether to add to what is there.</param>
    protected abstract void ImageGradient(WorkerTeam team, float* imageGradient, bool add);
}

/// <summary>The operands of a convolution, their shapes checked.</summary>
internal sealed record ConvolutionInputs(Tensor X, Tensor Filters, Tensor? Bias, Window Window, Images Images, Images Result);
