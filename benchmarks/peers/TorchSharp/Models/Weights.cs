using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using static TorchSharp.torch;

namespace MuonSharp.Peers;

/// <summary>Numbers that both sides get.</summary>
internal static class Weights
{
    private const ulong Seed = 1;

    /// <summary>Normal random numbers, the same for the same name.</summary>
    public static float[] Normal(string name, int length)
    {
        float[] values = new float[length];
        new RandomStream(Seed, name).FillNormal(values, 0, 0);
        return values;
    }

    /// <summary>Random numbers below a bound, the same for the same name.</summary>
    public static int[] Below(string name, int bound, int length) => [.. Enumerable.Range(0, length).Select(i => (int)new RandomStream(Seed, name).Below(bound, 0, 0, i))];

    /// <summary>A tensor of its own memory.</summary>
    public static Tensor Of(ReadOnlySpan<float> values, params long[] shape)
    {
        using Tensor flat = tensor(values.ToArray(), dtype: ScalarType.Float32);
        return flat.reshape(shape);
    }

    /// <summary>Whole numbers as libtorch takes indices.</summary>
    public static Tensor Of(ReadOnlySpan<int> values, params long[] shape)
    {
        using Tensor flat = tensor(Array.ConvertAll(values.ToArray(), value => (long)value));
        return flat.reshape(shape);
    }

    /// <summary>A parameter as it is stored.</summary>
    public static Tensor Of(Parameter parameter) => Of(parameter.Weights.Span, [.. parameter.Shape.Select(size => (long)size)]);

    /// <summary>A matrix stored [in, out] as libtorch's layers have it: [out, in].</summary>
    public static Tensor Transposed(Parameter parameter)
    {
        using Tensor stored = Of(parameter);
        return stored.t().contiguous();
    }

    /// <summary>The numbers of a tensor, row by row whatever its strides.</summary>
    public static float[] Read(Tensor tensor)
    {
        using Tensor plain = tensor.detach().contiguous();
        return plain.data<float>().ToArray();
    }
}
