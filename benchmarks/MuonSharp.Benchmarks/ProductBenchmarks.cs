using BenchmarkDotNet.Attributes;
using MuonSharp.Numerics;

namespace MuonSharp.Benchmarks;

/// <summary>Products in the three forms of a linear layer, and symmetric ones.</summary>
public unsafe class ProductBenchmarks : TeamBenchmark
{
    private Matrix _a;
    private Matrix _b;
    private Matrix _c;
    private Matrix _square;

    /// <summary>Rows, columns and depth.</summary>
    [Params("256x256x256", "768x768x768", "2048x1536x384", "500x770x1030")]
    public string Size { get; set; } = string.Empty;

    /// <summary>A B.</summary>
    [Benchmark(Baseline = true)]
    public void Plain() => MatrixProduct.Multiply(Team, _a, _b, _c);

    /// <summary>A Bᵀ.</summary>
    [Benchmark]
    public void RightTransposed() => MatrixProduct.Multiply(Team, _a, Matrix.Dense(_b.Data, _b.Columns, _b.Rows).Transposed, _c);

    /// <summary>Aᵀ B.</summary>
    [Benchmark]
    public void LeftTransposed() => MatrixProduct.Multiply(Team, Matrix.Dense(_a.Data, _a.Columns, _a.Rows).Transposed, _b, _c);

    /// <summary>A Aᵀ, half of the operations where A is square.</summary>
    [Benchmark]
    public void Symmetric() => SymmetricProduct.Multiply(Team, _a, _a.Transposed, _square);

    /// <inheritdoc/>
    protected override void Prepare()
    {
        int[] size = Array.ConvertAll(Size.Split('x'), int.Parse);
        _a = Matrix.Dense(Normal((long)size[0] * size[2]), size[0], size[2]);
        _b = Matrix.Dense(Normal((long)size[2] * size[1]), size[2], size[1]);
        _c = Matrix.Dense(Zeros((long)size[0] * size[1]), size[0], size[1]);
        _square = Matrix.Dense(Zeros((long)size[0] * size[0]), size[0], size[0]);
    }
}
