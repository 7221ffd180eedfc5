using static TorchSharp.torch;

namespace MuonSharp.Peers;

/// <summary>C = A B in float32 in TorchSharp, random factors; libtorch hands it to MKL.</summary>
/// <remarks>Forms: <c>mm</c>, whose result is a new tensor, and <c>addmm_</c>, which writes to the same one each time.</remarks>
internal sealed class TorchProduct : IWork
{
    private readonly Tensor _a, _b, _c;
    private readonly bool _writesAgain;

    /// <summary>Random numbers of that size.</summary>
    public TorchProduct(MatrixSize size, string form)
        : this(size, form, Weights.Normal("a", size.Sizes[0] * size.Sizes[2]), Weights.Normal("b", size.Sizes[2] * size.Sizes[1]))
    {
    }

    /// <summary>Given numbers, as the factors are stored.</summary>
    public TorchProduct(MatrixSize size, string form, float[] a, float[] b)
    {
        if (!Forms.Contains(form, StringComparer.Ordinal))
        {
            throw new ArgumentException($"[peer] a product is written as {string.Join(" or ", Forms)}; '{form}' came");
        }

        (int rows, int columns, int depth) = (size.Sizes[0], size.Sizes[1], size.Sizes[2]);
        _a = size.Stored == "atb" ? Weights.Of(a, depth, rows).t() : Weights.Of(a, rows, depth);
        _b = size.Stored == "abt" ? Weights.Of(b, columns, depth).t() : Weights.Of(b, depth, columns);
        _c = zeros(rows, columns);
        _writesAgain = form == "addmm_";
    }

    /// <summary>The ways to write it.</summary>
    public static IReadOnlyList<string> Forms { get; } = ["mm", "addmm_"];

    /// <inheritdoc/>
    public void Run()
    {
        using Tensor c = Compute();
    }

    /// <summary>The product.</summary>
    public Tensor Compute() => _writesAgain ? _c.addmm_(_a, _b, beta: 0, alpha: 1).alias() : _a.mm(_b);

    /// <inheritdoc/>
    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _c.Dispose();
    }
}
