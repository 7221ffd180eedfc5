using MuonSharp.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary>The orthogonalizers in torch operations: for any device and floating type, and for many matrices of one shape at once.</summary>
/// <remarks>
/// <para>Newton-Schulz computes in the tensors' own type, as its references do in bfloat16. The Gram forms square a condition number and Zolotarev's fraction factorizes: both compute
/// in float32 where the type is shorter, and in float64 where it is that. <c>exact</c> computes in float64.</para>
/// <para>On the processor Zolotarev's fraction reads whether a factorization failed and then does what the kernels do. On other devices nothing is read back: the smallest pole is
/// always inverted twice, as it is and raised, and a matrix for which both fail steps without that term.</para>
/// </remarks>
public static class TorchOrthogonalizers
{
    /// <summary>The polar factor, nearly, of every matrix.</summary>
    /// <param name="matrices">[..., rows, columns], floating point; not changed.</param>
    /// <param name="orthogonalizer">A name of <see cref="Orthogonalizers.Names"/>, such as <c>newton-schulz/jordan5</c>.</param>
    /// <returns>The same shape and type.</returns>
    /// <exception cref="ArgumentException">There is no such orthogonalizer, or the tensor is no matrix.</exception>
    public static Tensor Orthogonalize(Tensor matrices, string orthogonalizer = "newton-schulz/jordan5") => Orthogonalize(matrices, Orthogonalizers.Get(orthogonalizer));

    /// <summary>The polar factor, nearly, of every matrix.</summary>
    /// <param name="matrices">[..., rows, columns], floating point; not changed.</param>
    /// <param name="orthogonalizer">One of this library's.</param>
    /// <returns>The same shape and type.</returns>
    /// <exception cref="ArgumentException">It is none of this library's, or the tensor is no matrix.</exception>
    public static Tensor Orthogonalize(Tensor matrices, IOrthogonalizer orthogonalizer)
    {
        if (matrices.dim() < 2 || !matrices.is_floating_point())
        {
            throw new ArgumentException($"[orthogonalize] a matrix has two axes and floating point; [{string.Join(", ", matrices.shape)}] of {matrices.dtype} came");
        }

        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        long[] shape = matrices.shape;
        Tensor result = Run(orthogonalizer, matrices.reshape(-1, shape[^2], shape[^1]), new OrthogonalizationTally());
        return result.reshape(shape).MoveToOuterDisposeScope();
    }

    /// <summary>Whether there is a form in torch operations.</summary>
    internal static bool Has(IOrthogonalizer orthogonalizer) => orthogonalizer is NewtonSchulz or GramNewtonSchulz or ZolotarevPolar or ExactPolar;

    /// <summary>[batch, rows, columns] to the same; the caller has a scope for what lies between.</summary>
    internal static Tensor Run(IOrthogonalizer orthogonalizer, Tensor matrices, OrthogonalizationTally tally)
    {
        tally.Matrices += (int)matrices.shape[0];
        bool tall = matrices.shape[1] > matrices.shape[2];
        Tensor wide = tall ? matrices.transpose(1, 2) : matrices;
        Tensor result = orthogonalizer switch
        {
            NewtonSchulz iteration => TorchNewtonSchulz.Run(iteration, wide),
            GramNewtonSchulz iteration => TorchGramNewtonSchulz.Run(iteration, wide),
            ZolotarevPolar polar => TorchZolotarev.Run(polar, wide, tally),
            ExactPolar => TorchExactPolar.Run(wide),
            _ => throw new ArgumentException(
                $"[orthogonalize] in torch operations there are {string.Join(", ", Orthogonalizers.Names)}; '{orthogonalizer.Name}' runs on the processor's kernels alone"),
        };
        return (tall ? result.transpose(1, 2) : result).to(matrices.dtype);
    }
}

/// <summary>What the orthogonalizations of a step met, as far as it is known without asking a device.</summary>
internal sealed class OrthogonalizationTally
{
    public int Matrices { get; set; }

    public int PolesRaised { get; set; }

    public int FallBacks { get; set; }

    public void Add(OrthogonalizationCounts counts)
    {
        Matrices += counts.Matrices;
        PolesRaised += counts.PolesRaised;
        FallBacks += counts.FallBacks;
    }
}
