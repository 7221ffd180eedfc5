using MuonSharp.Optimizers;
using static TorchSharp.torch;
using Modules = TorchSharp.Modules;

namespace MuonSharp.TorchSharp;

/// <summary>Where the outputs of each head lie along the first axis of one parameter: a projection's weight [out, in], its bias, or a norm's gain.</summary>
/// <remarks>Head h has the outputs <c>First + h·Stride</c> to <c>First + h·Stride + Length</c>. In latent attention a head's two parts alternate along one weight: then the stride is
/// larger than the length.</remarks>
/// <param name="Parameter">The parameter; its first axis is the fan-out.</param>
/// <param name="Side">What the outputs are in the logit.</param>
/// <param name="First">The first output of head 0.</param>
/// <param name="Length">Outputs of a head, at least 1.</param>
/// <param name="Stride">Outputs from one head's first to the next one's, at least <paramref name="Length"/>.</param>
public sealed record HeadRows(Modules.Parameter Parameter, HeadSide Side, int First, int Length, int Stride)
{
    internal void Check(string layer, int heads)
    {
        if (Parameter.dim() == 0 || First < 0 || Length < 1 || Stride < Length || First + ((heads - 1L) * Stride) + Length > Parameter.shape[0])
        {
            throw new ArgumentException($"[qk-clip] {heads} heads lie apart inside the {Parameter.shape.FirstOrDefault()} outputs of a parameter; layer '{layer}' has first {First}, "
                + $"length {Length}, stride {Stride}");
        }
    }

    /// <summary>Multiplies the outputs of every head by a factor of its own, in place.</summary>
    internal void Scale(Tensor factors)
    {
        long heads = factors.shape[0];
        long[] shape = [heads, Length, .. Parameter.shape[1..]];
        long[] strides = Parameter.stride();
        Tensor view = Parameter.as_strided(shape, [Stride * strides[0], .. strides], Parameter.storage_offset() + (First * strides[0]));
        view.mul_(factors.to(Parameter.dtype).reshape([heads, .. Enumerable.Repeat(1L, shape.Length - 1)]));
    }
}
