using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using Tensor = TorchSharp.torch.Tensor;

namespace MuonSharp.Peers;

/// <summary>That products and Newton-Schulz steps are the same on both sides.</summary>
internal static unsafe class MatrixChecks
{
    /// <summary>A product of three different sizes, stored as each of the names says.</summary>
    public static string Product(string stored, string form)
    {
        MatrixSize size = MatrixSize.Parse($"product-70x50x90{stored}", 3);
        (int rows, int columns, int depth) = (size.Sizes[0], size.Sizes[1], size.Sizes[2]);
        Agreement agreement = new($"product-70x50x90{stored}, {form}");
        float[] a = Weights.Normal("a", rows * depth), b = Weights.Normal("b", depth * columns), c = new float[rows * columns];
        MatrixProduct.Multiply(null, a, size.Stored == "atb", b, size.Stored == "abt", c, rows, columns, depth);
        using TorchProduct theirs = new(size, form, a, b);
        using Tensor result = theirs.Compute();
        agreement.Compare("the product", c, Weights.Read(result));
        return agreement.ToString();
    }

    /// <summary>The author's five steps; what is timed on our side is the default, which takes others.</summary>
    public static string Orthogonalize(int rows, int columns)
    {
        MatrixSize size = new([rows, columns], "");
        Agreement agreement = new($"orthogonalize-{rows}x{columns}:newton-schulz/jordan5, float32");
        float[] matrix = Weights.Normal("matrix", rows * columns);
        NewtonSchulz ours = NewtonSchulz.Jordan5;
        using NativeBuffer input = new(matrix.Length), output = new(matrix.Length), scratch = new(ours.ScratchLength(rows, columns));
        matrix.CopyTo(input.AsSpan());
        ours.Orthogonalize(null, Matrix.Dense(input.Pointer, rows, columns), Matrix.Dense(output.Pointer, rows, columns), scratch.Pointer);
        using TorchOrthogonalize theirs = new(size, "float32", matrix);
        using Tensor result = theirs.Compute();
        agreement.Compare("the orthogonal matrix", output.AsSpan(), Weights.Read(result));
        return agreement.ToString();
    }
}
