using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Newton-Schulz on the small Gram matrix: the large matrix is read twice, however many steps there are.</summary>
/// <remarks>
/// <code>
/// R = XXᵀ / u²,  Q = I
/// per step:  Z = aI + bR + cR²,  Q &lt;- QZ,  R &lt;- Z(RZ)
/// Y = QX / u
/// </code>
/// <para>X is divided by u = factor ||(XXᵀ)²||_F^(1/4), at least the greatest singular value and 1.3 to 7 times below the Frobenius norm that
/// <see cref="NewtonSchulz"/> takes; it costs nothing, as R² is needed anyway. There is no epsilon: the result does not depend on the scale of X.</para>
/// <para>All factors are polynomials of one symmetric matrix, so every product is half price: 3m²n + (4k - 3)m³ FLOPs for k steps,
/// m = min(rows, columns). Scratch: four m² buffers. After five steps, where float32 begins to feel that R no longer is exactly Q XXᵀ Qᵀ,
/// R is made anew from QX; that costs another 3m²n.</para>
/// <para>Accuracy: at least that of the same schedule in <see cref="NewtonSchulz"/>, small singular values come out larger; rounding adds 1e-3 at most.</para>
/// </remarks>
public sealed unsafe class GramNewtonSchulz : IOrthogonalizer
{
    /// <summary>Steps after which the Gram matrix is made anew.</summary>
    public const int RestartInterval = 5;

    /// <summary>The Gram form of any schedule.</summary>
    /// <param name="name">The name of the coefficient set.</param>
    /// <param name="steps">One triple a step, 1 to <see cref="QuinticSchedules.MaximumSteps"/>.</param>
    /// <param name="normFactor">What the bound of the greatest singular value is multiplied by before the division, &gt; 0.</param>
    /// <exception cref="ArgumentException">There is no step or too many, a coefficient is not finite, the factor is not positive.</exception>
    public GramNewtonSchulz(string name, ImmutableArray<QuinticCoefficients> steps, double normFactor = 1)
    {
        QuinticSchedules.Validate("gram-newton-schulz", steps);
        if (!(normFactor > 0) || !double.IsFinite(normFactor))
        {
            throw new ArgumentException($"[gram-newton-schulz] the norm's factor is positive and finite; {normFactor}");
        }

        (Steps, NormFactor, Name) = (steps, normFactor, $"gram-newton-schulz/{name}");
    }

    /// <summary><see cref="QuinticSchedules.Jordan5"/>.</summary>
    public static GramNewtonSchulz Jordan5 { get; } = new("jordan5", QuinticSchedules.Jordan5);

    /// <summary><see cref="QuinticSchedules.YouJiacheng5"/>.</summary>
    public static GramNewtonSchulz YouJiacheng5 { get; } = new("youjiacheng5", QuinticSchedules.YouJiacheng5);

    /// <summary><see cref="QuinticSchedules.PolarExpress5"/>, the bound multiplied by its 1.02.</summary>
    public static GramNewtonSchulz PolarExpress5 { get; } = new("polar-express5", QuinticSchedules.PolarExpress5, 1.02);

    /// <summary><see cref="QuinticSchedules.DeepSeekV4"/>, the Gram matrix made anew half way.</summary>
    public static GramNewtonSchulz DeepSeekV4 { get; } = new("deepseek-v4", QuinticSchedules.DeepSeekV4);

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>One triple a step.</summary>
    public ImmutableArray<QuinticCoefficients> Steps { get; }

    /// <summary>What the bound of the greatest singular value is multiplied by before the division.</summary>
    public double NormFactor { get; }

    /// <summary>How often a Gram matrix is made.</summary>
    private int Stretches => ((Steps.Length - 1) / RestartInterval) + 1;

    /// <inheritdoc/>
    public long ScratchLength(int rows, int columns)
    {
        long small = Math.Min(rows, columns);
        return 4 * FlatLayout.Padded(small * small);
    }

    /// <inheritdoc/>
    public double Flops(int rows, int columns)
    {
        double small = Math.Min(rows, columns), large = Math.Max(rows, columns);
        return (Stretches * 3 * small * small * large) + (((4.0 * Steps.Length) - (3 * Stretches)) * small * small * small);
    }

    /// <inheritdoc/>
    public OrthogonalizationOutcome Orthogonalize(WorkerTeam? team, Matrix input, Matrix output, float* scratch)
    {
        Matrix gram = GramMatrix.Square(scratch, GramMatrix.Size(input), 0);
        double scale = GramMatrix.Scaled(team, input, gram);
        if (scale == 0)
        {
            GramMatrix.Clear(output);
            return OrthogonalizationOutcome.Regular;
        }

        // Each stretch of steps goes from one buffer to the other; the last one must end in the output.
        (Matrix from, Matrix to) = (input, output);
        if (Stretches % 2 == 0)
        {
            (from, to) = (output, input);
            new ReadOnlySpan<float>(input.Data, input.Rows * input.Columns).CopyTo(new Span<float>(output.Data, input.Rows * input.Columns));
        }

        for (int stretch = 0; stretch < Stretches; stretch++)
        {
            if (stretch > 0)
            {
                GramMatrix.Multiply(team, from, gram);
            }

            int first = stretch * RestartInterval;
            double norm = Iterate(team, scratch, gram, first, Math.Min(Steps.Length, first + RestartInterval), out Matrix polynomial);
            if (stretch == 0)
            {
                // On Q, the factor's rounding does not depend on the side that Q multiplies from.
                var back = new ScaleOperator((float)(1 / (norm * scale)));
                Elementwise.Map(team, polynomial.Data, polynomial.Data, (long)polynomial.Rows * polynomial.Rows, back);
            }

            GramMatrix.Apply(team, polynomial, from, to);
            (from, to) = (to, from);
        }

        return OrthogonalizationOutcome.Regular;
    }

    /// <summary>Some steps on the Gram matrix: Q is their product.</summary>
    /// <returns>u, if the steps begin with the schedule's first; otherwise 1.</returns>
    private double Iterate(WorkerTeam? team, float* scratch, Matrix gram, int first, int end, out Matrix product)
    {
        long length = (long)gram.Rows * gram.Rows;
        product = GramMatrix.Square(scratch, gram.Rows, 1);
        Matrix free = GramMatrix.Square(scratch, gram.Rows, 2);
        Matrix factor = GramMatrix.Square(scratch, gram.Rows, 3);
        double norm = 1;
        for (int i = first; i < end; i++)
        {
            SymmetricProduct.Multiply(team, gram, gram, free);
            double unit = 1;
            if (i == 0)
            {
                unit = NormFactor * NormFactor * Math.Sqrt(Math.Sqrt(Reductions.SumOfSquares(team, free.Data, checked((int)length))));
                norm = Math.Sqrt(unit);
            }

            // The first Z is Q itself.
            Matrix z = i == first ? product : factor;
            Elementwise.Map2(
                team, gram.Data, free.Data, z.Data, length, new CombineOperator((float)(Steps[i].B / unit), (float)(Steps[i].C / (unit * unit))));
            GramMatrix.AddToDiagonal(z, Steps[i].A);
            if (i > first)
            {
                SymmetricProduct.Multiply(team, product, z, free);
                (product, free) = (free, product);
            }

            if (i < end - 1)
            {
                SymmetricProduct.Multiply(team, gram, z, free, accumulate: false, alpha: (float)(1 / unit));
                SymmetricProduct.Multiply(team, z, free, gram);
            }
        }

        return norm;
    }
}
