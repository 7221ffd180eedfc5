using MuonSharp.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp.Tests.Support;

/// <summary>Tensors with known numbers in them, and numbers out of tensors.</summary>
internal static class Values
{
    /// <summary>Normal numbers of the project's own generator.</summary>
    public static float[] Normal(int count, string stream, ulong step = 0)
    {
        float[] values = new float[count];
        new RandomStream(7, stream).FillNormal(values, step, sample: 0);
        return values;
    }

    public static Tensor Normal(long[] shape, string stream, ulong step = 0) => tensor(Normal((int)shape.Aggregate(1L, (a, b) => a * b), stream, step)).reshape(shape);

    public static global::TorchSharp.Modules.Parameter Parameter(long[] shape, string stream) => new(Normal(shape, stream));

    public static float[] Floats(this Tensor tensor) => tensor.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray();

    /// <summary>‖a − b‖ / ‖b‖, in double.</summary>
    public static double Relative(Tensor actual, Tensor expected)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor b = expected.detach().to(ScalarType.Float64);
        return (actual.detach().to(ScalarType.Float64) - b).norm().item<double>() / b.norm().item<double>();
    }
}
