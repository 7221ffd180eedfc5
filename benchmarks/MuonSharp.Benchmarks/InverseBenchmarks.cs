using BenchmarkDotNet.Attributes;
using MuonSharp.Numerics;

namespace MuonSharp.Benchmarks;

/// <summary>Inverses of symmetric positive definite matrices; copying the matrix, which they destroy, is part of the time.</summary>
public unsafe class InverseBenchmarks : TeamBenchmark
{
    private float* _original;
    private float* _matrix;
    private float* _scratch;

    /// <summary>Rows.</summary>
    [Params(128, 256, 768)]
    public int Size { get; set; }

    /// <summary>The inverse.</summary>
    /// <returns>-1.</returns>
    [Benchmark]
    public int Invert()
    {
        long bytes = sizeof(float) * (long)Size * Size;
        Buffer.MemoryCopy(_original, _matrix, bytes, bytes);
        return PositiveDefiniteInverse.Invert(Team, Matrix.Dense(_matrix, Size, Size), _scratch);
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        long length = (long)Size * Size;
        var factor = Matrix.Dense(Normal(length), Size, Size);
        _original = Zeros(length);
        _matrix = Zeros(length);
        _scratch = Zeros(PositiveDefiniteInverse.ScratchLength(Size));
        SymmetricProduct.Multiply(Team, factor, factor.Transposed, Matrix.Dense(_original, Size, Size), accumulate: false, alpha: 1f / Size);
        for (long i = 0; i < Size; i++)
        {
            _original[i * (Size + 1)] += 1;
        }
    }
}
