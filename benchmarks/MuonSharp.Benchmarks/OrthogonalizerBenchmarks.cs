using BenchmarkDotNet.Attributes;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Benchmarks;

/// <summary>Orthogonalizers; copying the input, which they destroy, is part of the time.</summary>
public unsafe class OrthogonalizerBenchmarks : TeamBenchmark
{
    private IOrthogonalizer _orthogonalizer = null!;
    private Matrix _original;
    private Matrix _input;
    private Matrix _output;
    private float* _scratch;

    /// <summary>The orthogonalizer.</summary>
    [Params("newton-schulz/jordan5", "gram-newton-schulz/jordan5", "zolotarev/2", "zolotarev/4")]
    public string Name { get; set; } = string.Empty;

    /// <summary>Rows and columns.</summary>
    [Params("128x128", "256x1024", "768x3072")]
    public string Size { get; set; } = string.Empty;

    /// <summary>The polar factor.</summary>
    /// <returns>How it went.</returns>
    [Benchmark]
    public OrthogonalizationOutcome Orthogonalize()
    {
        long bytes = sizeof(float) * (long)_input.Rows * _input.Columns;
        Buffer.MemoryCopy(_original.Data, _input.Data, bytes, bytes);
        return _orthogonalizer.Orthogonalize(Team, _input, _output, _scratch);
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        int[] size = Array.ConvertAll(Size.Split('x'), int.Parse);
        long length = (long)size[0] * size[1];
        _orthogonalizer = Orthogonalizers.Get(Name);
        _original = Matrix.Dense(Normal(length), size[0], size[1]);
        _input = Matrix.Dense(Zeros(length), size[0], size[1]);
        _output = Matrix.Dense(Zeros(length), size[0], size[1]);
        _scratch = Zeros(_orthogonalizer.ScratchLength(size[0], size[1]));
    }
}
