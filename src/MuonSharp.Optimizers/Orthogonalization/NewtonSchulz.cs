using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Newton-Schulz orthogonalization of a momentum matrix: the step that makes Muon Muon.</summary>
/// <remarks>
/// <para>X &lt;- X / (||X||_F + eps), then for every (a, b, c): A = XXᵀ, B = aI + bA + cA², X &lt;- BX. A tall X (rows &gt; columns) works on XᵀX and
/// multiplies from the right, so the Gram matrix is always the small one and nothing is transposed in memory.</para>
/// <para>The identity is added to B's diagonal before c A² accumulates on it, so aX + (bA + cA²)X is one product and X is read once.</para>
/// <para>Cost with symmetric products: steps·(3m²n + m³) FLOPs, m = min(rows, columns). Scratch: two m² buffers.</para>
/// <para>Accuracy of <see cref="Jordan5"/>: singular values end near 1 (0.68 to 1.20), on purpose not exactly 1; those below about 0.02 of the
/// Frobenius norm end lower.</para>
/// <para>Source: K. Jordan, https://kellerjordan.github.io/posts/muon/.</para>
/// </remarks>
public sealed unsafe class NewtonSchulz : IOrthogonalizer
{
    private readonly ImmutableArray<QuinticCoefficients> _steps;
    private readonly double _epsilon;

    /// <summary>Newton-Schulz with any coefficients.</summary>
    /// <param name="name">The name of the coefficient set.</param>
    /// <param name="steps">One triple a step, at least one.</param>
    /// <param name="epsilon">Added to the Frobenius norm, so that zero stays zero; &gt; 0.</param>
    /// <exception cref="ArgumentException">There is no step, or epsilon is not positive.</exception>
    public NewtonSchulz(string name, ImmutableArray<QuinticCoefficients> steps, double epsilon = 1e-7)
    {
        if (steps.IsDefaultOrEmpty || !(epsilon > 0))
        {
            throw new ArgumentException(
                $"[newton-schulz] at least one step and epsilon > 0; steps {(steps.IsDefault ? 0 : steps.Length)}, epsilon {epsilon}");
        }

        Name = $"newton-schulz/{name}";
        _steps = steps;
        _epsilon = epsilon;
    }

    /// <summary>The original: five times (3.4445, -4.7750, 2.0315), epsilon 1e-7.</summary>
    /// <remarks>Chosen by its author for the steepest rise at zero that keeps singular values in a band around 1.</remarks>
    public static NewtonSchulz Jordan5 { get; } = new("jordan5", [.. Enumerable.Repeat(new QuinticCoefficients(3.4445, -4.7750, 2.0315), 5)]);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long ScratchLength(int rows, int columns)
    {
        long small = Math.Min(rows, columns);
        return 2 * FlatLayout.Padded(small * small);
    }

    /// <inheritdoc/>
    public void Orthogonalize(WorkerTeam? team, Matrix input, Matrix output, float* scratch)
    {
        bool tall = input.Rows > input.Columns;
        int small = Math.Min(input.Rows, input.Columns);
        Matrix gram = Matrix.Dense(scratch, small, small);
        Matrix polynomial = Matrix.Dense(scratch + FlatLayout.Padded((long)small * small), small, small);

        // The steps go back and forth between the two buffers and must end in the output.
        (Matrix from, Matrix to) = _steps.Length % 2 == 0 ? (output, input) : (input, output);
        int length = checked(input.Rows * input.Columns);
        double norm = Math.Sqrt(SquareSum.Of(team, input.Data, length));
        Elementwise.Map(team, input.Data, from.Data, length, new ScaleOperator((float)(1 / (norm + _epsilon))));
        foreach (QuinticCoefficients step in _steps)
        {
            (Matrix left, Matrix right) = tall ? (from.Transposed, from) : (from, from.Transposed);
            SymmetricProduct.Multiply(team, left, right, gram);
            Elementwise.Map(team, gram.Data, polynomial.Data, (long)small * small, new ScaleOperator((float)step.B));
            for (int i = 0; i < small; i++)
            {
                polynomial.Data[(long)i * (small + 1)] += (float)step.A;
            }

            SymmetricProduct.Multiply(team, gram, gram, polynomial, accumulate: true, alpha: (float)step.C);
            if (tall)
            {
                MatrixProduct.Multiply(team, from, polynomial, to);
            }
            else
            {
                MatrixProduct.Multiply(team, polynomial, from, to);
            }

            (from, to) = (to, from);
        }
    }
}
