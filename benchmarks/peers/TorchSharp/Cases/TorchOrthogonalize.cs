using static TorchSharp.torch;

namespace MuonSharp.Peers;

/// <summary>The five Newton-Schulz steps of Muon's author in TorchSharp, on one random matrix.</summary>
internal sealed class TorchOrthogonalize : IWork
{
    private readonly Tensor _matrix;
    private readonly ScalarType _type;

    /// <summary>A matrix of normal numbers.</summary>
    public TorchOrthogonalize(MatrixSize size, string form)
        : this(size, form, Weights.Normal("matrix", size.Sizes[0] * size.Sizes[1]))
    {
    }

    /// <summary>A given matrix.</summary>
    public TorchOrthogonalize(MatrixSize size, string form, float[] matrix)
    {
        if (!Forms.Contains(form, StringComparer.Ordinal))
        {
            throw new ArgumentException($"[peer] Newton-Schulz runs in {string.Join(" or ", Forms)}; '{form}' came");
        }

        _matrix = Weights.Of(matrix, size.Sizes[0], size.Sizes[1]);
        _type = form == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32;
    }

    /// <summary>The precisions of its products.</summary>
    public static IReadOnlyList<string> Forms { get; } = ["float32", "bfloat16"];

    /// <inheritdoc/>
    public void Run()
    {
        using Tensor result = Compute();
    }

    /// <summary>The nearly orthogonal matrix.</summary>
    public Tensor Compute() => TorchMuon.Orthogonalize(_matrix, TorchMuonOptions.Original.Steps, _type);

    /// <inheritdoc/>
    public void Dispose() => _matrix.Dispose();
}
