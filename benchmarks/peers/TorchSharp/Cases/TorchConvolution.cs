using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MuonSharp.Peers;

/// <summary>A convolution without bias in TorchSharp, forward and backward to images and filters; libtorch hands it to oneDNN.</summary>
internal sealed class TorchConvolution : IWork
{
    private readonly Tensor _x, _filters, _gradient;
    private readonly long[] _padding;

    /// <summary>Random numbers of the same size in a form: <c>channels-last</c> or <c>contiguous</c>.</summary>
    public TorchConvolution(ConvolutionSize size, string form)
        : this(
            size,
            form,
            Weights.Normal("x", size.Batch * size.Size * size.Size * size.Inputs),
            Weights.Normal("filters", size.Outputs * size.Inputs * size.Window * size.Window),
            Weights.Normal("gradient", size.Batch * size.Result * size.Result * size.Outputs))
    {
    }

    /// <summary>Given numbers: images and gradient with their channels last, filters [out, in, height, width].</summary>
    public TorchConvolution(ConvolutionSize size, string form, float[] x, float[] filters, float[] gradient)
    {
        _padding = [size.Padding, size.Padding];
        _x = ImageForm.Images(form, x, size.Batch, size.Size, size.Size, size.Inputs).requires_grad_();
        _filters = ImageForm.Filters(form, filters, size.Outputs, size.Inputs, size.Window).requires_grad_();
        _gradient = ImageForm.Images(form, gradient, size.Batch, size.Result, size.Result, size.Outputs);
    }

    /// <inheritdoc/>
    public void Run()
    {
        (Tensor y, IList<Tensor> gradients) = Compute();
        y.Dispose();
        gradients[0].Dispose();
        gradients[1].Dispose();
    }

    /// <summary>The result, and the gradients of images and filters.</summary>
    public (Tensor Y, IList<Tensor> Gradients) Compute()
    {
        Tensor y = F.conv2d(_x, _filters, padding: _padding);
        return (y, autograd.grad([y], [_x, _filters], [_gradient]));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _x.Dispose();
        _filters.Dispose();
        _gradient.Dispose();
    }
}
