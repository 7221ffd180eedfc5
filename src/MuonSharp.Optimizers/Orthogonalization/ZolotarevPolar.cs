using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The polar factor by one Gram matrix, a few independent inverses and one product: a sixth of the original's work.</summary>
/// <remarks>
/// <code>
/// R = XXᵀ,  u² &gt;= its greatest eigenvalue                         GramBound
/// W_j = (R + p_j u² I)^-1,  j = 1 to r                           by Cholesky, one per worker
/// Q = (M / u)(I + sum_j a_j u² W_j)                               a singular value s becomes f(s / u)
/// Y = QX
/// </code>
/// <para>Cost: 3m²n + r m³ FLOPs, m = min(rows, columns). Scratch: (2 + 2r) m² floats and a little.</para>
/// <para>Accuracy: singular values above l u end within f's band around 1 (r = 2: l = 2e-3, 0.84 to 1.16; r = 3: l = 1e-3, 0.94 to 1.06; r = 4: l = 1e-3,
/// 0.98 to 1.02), those below rise steeply towards it. The result does not depend on the scale of X, and zero stays zero.</para>
/// <para>Where float32 finds R + p_1 u² I not positive definite, p_1 is multiplied by ten once; if that does not help
/// (nor can it for another pole), the result is that of <see cref="GramNewtonSchulz.PolarExpress5"/>. Both are reported.</para>
/// <para>Source: the partial fraction of Zolotarev's function, Nakatsukasa and Freund, SIAM Review 58, 2016.</para>
/// </remarks>
public sealed unsafe class ZolotarevPolar : IOrthogonalizer
{
    private const double PoleRaise = 10;

    /// <summary>More poles than any fraction has: room for their outcomes on the stack.</summary>
    private const int MaximumPoles = 8;

    private readonly ZolotarevFraction _fraction;

    /// <summary>Any fraction of at least one pole and at most eight.</summary>
    internal ZolotarevPolar(ZolotarevFraction fraction) => (_fraction, Name) = (fraction, $"zolotarev/{fraction.Poles.Length}");

    /// <summary>r = 2: the cheapest, as accurate as the original's five steps or better.</summary>
    public static ZolotarevPolar Order2 { get; } = new(ZolotarevFraction.Order2);

    /// <summary>r = 3: singular values within 0.06 of 1.</summary>
    public static ZolotarevPolar Order3 { get; } = new(ZolotarevFraction.Order3);

    /// <summary>r = 4: singular values within 0.02 of 1.</summary>
    public static ZolotarevPolar Order4 { get; } = new(ZolotarevFraction.Order4);

    /// <inheritdoc/>
    public string Name { get; }

    private int Poles => _fraction.Poles.Length;

    /// <inheritdoc/>
    public long ScratchLength(int rows, int columns)
    {
        int small = Math.Min(rows, columns);
        long square = FlatLayout.Padded((long)small * small);
        long own = (2 * square) + GramBound.ScratchLength(small) + (Poles * PoleScratch(small));
        return Math.Max(own, GramNewtonSchulz.PolarExpress5.ScratchLength(rows, columns));
    }

    /// <inheritdoc/>
    public double Flops(int rows, int columns)
    {
        double small = Math.Min(rows, columns), large = Math.Max(rows, columns);
        return (3 * small * small * large) + (Poles * small * small * small);
    }

    /// <inheritdoc/>
    public OrthogonalizationOutcome Orthogonalize(WorkerTeam? team, Matrix input, Matrix output, float* scratch)
    {
        int size = GramMatrix.Size(input);
        Matrix gram = GramMatrix.Square(scratch, size, 0);
        Matrix q = GramMatrix.Square(scratch, size, 1);
        float* rest = scratch + (2 * FlatLayout.Padded((long)size * size));
        double scale = GramMatrix.Scaled(team, input, gram);
        if (scale == 0)
        {
            GramMatrix.Clear(output);
            return OrthogonalizationOutcome.Regular;
        }

        double bound = GramBound.Of(team, gram, rest);
        double unit = _fraction.Multiplier / (Math.Sqrt(bound) * scale);
        OrthogonalizationOutcome outcome = Polynomial(team, gram, q, rest + GramBound.ScratchLength(size), bound, unit);
        if (outcome == OrthogonalizationOutcome.FallBack)
        {
            GramNewtonSchulz.PolarExpress5.Orthogonalize(team, input, output, scratch);
            return outcome;
        }

        GramMatrix.Apply(team, q, input, output);
        return outcome;
    }

    /// <summary>Q = unit (I + sum_j a_j bound W_j), poles in ascending order, as many at once as there are workers.</summary>
    private OrthogonalizationOutcome Polynomial(WorkerTeam? team, Matrix gram, Matrix q, float* scratch, double bound, double unit)
    {
        OrthogonalizationOutcome* outcomes = stackalloc OrthogonalizationOutcome[MaximumPoles];
        long length = (long)gram.Rows * gram.Rows;
        long stride = PoleScratch(gram.Rows);
        int together = team == null || team.Threads > Poles ? 1 : team.Threads;
        OrthogonalizationOutcome worst = OrthogonalizationOutcome.Regular;
        for (int first = 0; first < Poles; first += together)
        {
            // One pole each while there is one for every worker; what is left over is shared.
            int count = Math.Min(together, Poles - first);
            if (count == together && together > 1)
            {
                var job = new PoleJob(this, gram, scratch, bound, first, outcomes);
                team!.Run(count, ref job);
            }
            else
            {
                for (int j = 0; j < count; j++)
                {
                    outcomes[first + j] = Inverse(team, gram, scratch + (j * stride), bound, first + j);
                }
            }

            for (int j = first; j < first + count; j++)
            {
                worst = (OrthogonalizationOutcome)Math.Max((int)worst, (int)outcomes[j]);
                float* inverse = scratch + ((j - first) * stride);
                float weight = (float)(unit * _fraction.Poles[j].A * bound);
                if (j == 0)
                {
                    Elementwise.Map(team, inverse, q.Data, length, new ScaleOperator(weight));
                }
                else
                {
                    Elementwise.Map2(team, q.Data, inverse, q.Data, length, new CombineOperator(1, weight));
                }
            }
        }

        GramMatrix.AddToDiagonal(q, unit);
        SymmetricProduct.Mirror(team, q);
        return worst;
    }

    /// <summary>The lower triangle of (R + p bound I)^-1, at the start of the scratch.</summary>
    private OrthogonalizationOutcome Inverse(WorkerTeam? team, Matrix gram, float* scratch, double bound, int pole)
    {
        Matrix shifted = Matrix.Dense(scratch, gram.Rows, gram.Rows);
        double shift = _fraction.Poles[pole].P * bound;
        if (TryInvert(team, gram, shifted, shift))
        {
            return OrthogonalizationOutcome.Regular;
        }

        return pole == 0 && TryInvert(team, gram, shifted, PoleRaise * shift) ? OrthogonalizationOutcome.PoleRaised : OrthogonalizationOutcome.FallBack;
    }

    private static bool TryInvert(WorkerTeam? team, Matrix gram, Matrix shifted, double shift)
    {
        long length = (long)gram.Rows * gram.Rows;
        Elementwise.Map(team, gram.Data, shifted.Data, length, new ScaleOperator(1));
        GramMatrix.AddToDiagonal(shifted, shift);
        return PositiveDefiniteInverse.Invert(team, shifted, shifted.Data + FlatLayout.Padded(length), mirror: false) < 0;
    }

    private static long PoleScratch(int size) =>
        FlatLayout.Padded((long)size * size) + FlatLayout.Padded(PositiveDefiniteInverse.ScratchLength(size));

    /// <summary>A task is the inverse for one pole, on one worker.</summary>
    private readonly struct PoleJob(
        ZolotarevPolar polar, Matrix gram, float* scratch, double bound, int first, OrthogonalizationOutcome* outcomes) : ITeamJob
    {
        public void Run(int task, int worker) =>
            outcomes[first + task] = polar.Inverse(null, gram, scratch + (task * PoleScratch(gram.Rows)), bound, first + task);
    }
}
