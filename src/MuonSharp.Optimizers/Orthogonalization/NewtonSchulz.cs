using System.Collections.Immutable;
using System.Globalization;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Newton-Schulz orthogonalization of a momentum matrix: the step that makes Muon Muon.</summary>
/// <remarks>
/// <para>X &lt;- X / (factor ||X||_F + eps), then for every (a, b, c): A = XXᵀ, B = aI + bA + cA², X &lt;- BX. A tall X (rows &gt; columns) works on XᵀX and
/// multiplies from the right, so the Gram matrix is always the small one and nothing is transposed in memory.</para>
/// <para>The identity is added to B's diagonal before c A² accumulates on it, so aX + (bA + cA²)X is one product and X is read once.</para>
/// <para>Cost with symmetric products: steps·(3m²n + m³) FLOPs, m = min(rows, columns). Scratch: two m² buffers.</para>
/// <para>Accuracy of <see cref="Jordan5"/>: singular values end near 1 (0.68 to 1.20), on purpose not exactly 1; those below about 0.02 of the
/// Frobenius norm end lower.</para>
/// <para>Source: K. Jordan, https://kellerjordan.github.io/posts/muon/.</para>
/// </remarks>
public sealed unsafe class NewtonSchulz : IOrthogonalizer
{
    /// <summary>The set's name without its number of steps.</summary>
    private readonly string _stem;

    /// <summary>Newton-Schulz with any coefficients.</summary>
    /// <param name="name">The name of the coefficient set.</param>
    /// <param name="steps">One triple a step, 1 to <see cref="QuinticSchedules.MaximumSteps"/>.</param>
    /// <param name="epsilon">Keeps the division by the norm away from zero, so that zero stays zero; &gt; 0.</param>
    /// <param name="normFactor">What the Frobenius norm is multiplied by before the division, &gt; 0.</param>
    /// <param name="floor">How epsilon enters; default: it is added.</param>
    /// <exception cref="ArgumentException">There is no step or too many, a coefficient is not finite, epsilon or the factor is not positive.</exception>
    public NewtonSchulz(
        string name, ImmutableArray<QuinticCoefficients> steps, double epsilon = 1e-7, double normFactor = 1, NormFloor floor = NormFloor.Sum)
    {
        QuinticSchedules.Validate("newton-schulz", steps);
        if (!(epsilon > 0) || !(normFactor > 0) || !double.IsFinite(epsilon) || !double.IsFinite(normFactor) || !Enum.IsDefined(floor))
        {
            throw new ArgumentException(
                $"[newton-schulz] epsilon and the norm's factor are positive and finite; epsilon {epsilon}, factor {normFactor}, floor {floor}");
        }

        (Set, _stem, Steps, Epsilon, NormFactor, Floor) = (name, name, steps, epsilon, normFactor, floor);
        Name = $"newton-schulz/{name}";
    }

    private NewtonSchulz(NewtonSchulz other, double epsilon, NormFloor floor)
        : this(other.Set, other.Steps, epsilon, other.NormFactor, floor) => _stem = other._stem;

    /// <summary>A stem and its number of steps: what <see cref="WithSteps"/> may change.</summary>
    private NewtonSchulz(string stem, QuinticCoefficients step, int steps, double epsilon = 1e-7, double normFactor = 1, NormFloor floor = NormFloor.Sum)
        : this(stem + steps.ToString(CultureInfo.InvariantCulture), QuinticSchedules.Repeat(step, steps), epsilon, normFactor, floor) => _stem = stem;

    /// <summary>The original: <see cref="QuinticSchedules.Jordan5"/>, epsilon 1e-7.</summary>
    public static NewtonSchulz Jordan5 { get; } = new("jordan", QuinticSchedules.Jordan5[0], QuinticSchedules.Jordan5.Length);

    /// <summary><see cref="QuinticSchedules.YouJiacheng5"/>, epsilon 1e-7: singular values nearer to 1 for the same work.</summary>
    public static NewtonSchulz YouJiacheng5 { get; } = new("youjiacheng5", QuinticSchedules.YouJiacheng5);

    /// <summary><see cref="QuinticSchedules.PolarExpress5"/>, the input divided by 1.02 ||X||_F + 1e-6, as its users do.</summary>
    public static NewtonSchulz PolarExpress5 { get; } = new("polar-express5", QuinticSchedules.PolarExpress5, 1e-6, 1.02);

    /// <summary><see cref="QuinticSchedules.DeepSeekV4"/>, epsilon 1e-7: twice the work, singular values exact to 3e-4.</summary>
    public static NewtonSchulz DeepSeekV4 { get; } = new("deepseek-v4", QuinticSchedules.DeepSeekV4);

    /// <summary>The name of the coefficient set alone.</summary>
    public string Set { get; }

    /// <summary>One triple a step.</summary>
    public ImmutableArray<QuinticCoefficients> Steps { get; }

    /// <summary>What keeps the division by the norm away from zero.</summary>
    public double Epsilon { get; }

    /// <summary>What the Frobenius norm is multiplied by.</summary>
    public double NormFactor { get; }

    /// <summary>How epsilon enters.</summary>
    public NormFloor Floor { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The same with another epsilon.</summary>
    /// <param name="epsilon">&gt; 0.</param>
    /// <exception cref="ArgumentException">Epsilon is not positive.</exception>
    public NewtonSchulz WithEpsilon(double epsilon) => new(this, epsilon, Floor);

    /// <summary>The same with epsilon entering in another way.</summary>
    /// <param name="floor">How.</param>
    /// <exception cref="ArgumentException">It is none of the enumeration's values.</exception>
    public NewtonSchulz WithFloor(NormFloor floor) => new(this, Epsilon, floor);

    /// <summary>The same with another number of steps, which the name says (<c>jordan3</c>); only a schedule that repeats one triple has a choice.</summary>
    /// <param name="steps">1 to <see cref="QuinticSchedules.MaximumSteps"/>.</param>
    /// <exception cref="ArgumentException">The number is out of range, or the schedule's steps differ: it belongs to its length.</exception>
    public NewtonSchulz WithSteps(int steps)
    {
        if (steps != Steps.Length && Steps.Any(step => step != Steps[0]))
        {
            throw new ArgumentException($"[newton-schulz] the schedule '{Set}' belongs to its length of {Steps.Length} steps; steps {steps}");
        }

        return steps == Steps.Length ? this : new(_stem, Steps[0], steps, Epsilon, NormFactor, Floor);
    }

    /// <inheritdoc/>
    public long ScratchLength(int rows, int columns)
    {
        long small = Math.Min(rows, columns);
        return 2 * FlatLayout.Padded(small * small);
    }

    /// <inheritdoc/>
    public double Flops(int rows, int columns)
    {
        double small = Math.Min(rows, columns), large = Math.Max(rows, columns);
        return Steps.Length * ((3 * small * small * large) + (small * small * small));
    }

    /// <inheritdoc/>
    public OrthogonalizationOutcome Orthogonalize(WorkerTeam? team, Matrix input, Matrix output, float* scratch)
    {
        bool tall = input.Rows > input.Columns;
        int small = Math.Min(input.Rows, input.Columns);
        Matrix gram = Matrix.Dense(scratch, small, small);
        Matrix polynomial = Matrix.Dense(scratch + FlatLayout.Padded((long)small * small), small, small);

        // The steps go back and forth between the two buffers and must end in the output.
        (Matrix from, Matrix to) = Steps.Length % 2 == 0 ? (output, input) : (input, output);
        int length = checked(input.Rows * input.Columns);
        double norm = NormFactor * Math.Sqrt(Reductions.SumOfSquares(team, input.Data, length));
        double divisor = Floor == NormFloor.Sum ? norm + Epsilon : Math.Max(norm, Epsilon);
        Elementwise.Map(team, input.Data, from.Data, length, new ScaleOperator((float)(1 / divisor)));
        foreach (QuinticCoefficients step in Steps)
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

        return OrthogonalizationOutcome.Regular;
    }
}

/// <summary>y = a·first + b·second, the second product fused into the sum.</summary>
internal readonly struct CombineOperator(float first, float second) : IBinaryOperator
{
    public V Invoke<L, V>(V a, V b)
        where L : struct, ILanes<V>
        where V : struct => L.MultiplyAdd(b, L.Broadcast(second), L.Multiply(a, L.Broadcast(first)));
}

/// <summary>y = factor·x.</summary>
internal readonly struct ScaleOperator(float factor) : IUnaryOperator
{
    public V Invoke<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct => L.Multiply(x, L.Broadcast(factor));
}

/// <summary>How epsilon keeps the division by a matrix's Frobenius norm away from zero.</summary>
public enum NormFloor
{
    /// <summary>Divides by norm + epsilon (KellerJordan/Muon, Moonlight, optax).</summary>
    Sum,

    /// <summary>Divides by max(norm, epsilon) (torch.optim.Muon).</summary>
    Maximum,
}
