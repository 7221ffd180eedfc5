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
    /// <summary>What the smallest pole is multiplied by where float32 finds its matrix not positive definite.</summary>
    public const double PoleRaise = 10;

    /// <summary>More poles than any fraction has: room for their outcomes on the stack.</summary>
    private const int MaximumPoles = 8;

    /// <summary>Any fraction of at least one pole and at most eight.</summary>
    internal ZolotarevPolar(ZolotarevFraction fraction) => (Fraction, Name) = (fraction, $"zolotarev/{fraction.Poles.Length}");

    /// <summary>r = 2: the cheapest, as accurate as the original's five steps or better.</summary>
    public static ZolotarevPolar Order2 { get; } = new(ZolotarevFraction.Order2);

    /// <summary>r = 3: singular values within 0.06 of 1.</summary>
    public static ZolotarevPolar Order3 { get; } = new(ZolotarevFraction.Order3);

    /// <summary>r = 4: singular values within 0.02 of 1.</summary>
    public static ZolotarevPolar Order4 { get; } = new(ZolotarevFraction.Order4);

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The function that singular values go through.</summary>
    public ZolotarevFraction Fraction { get; }

    private int Poles => Fraction.Poles.Length;

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
        double scale = GramMatrix.InRange(team, input, gram) ? 1 : GramMatrix.Scaled(team, input, gram);
        if (scale == 0)
        {
            GramMatrix.Clear(output);
            return OrthogonalizationOutcome.Regular;
        }

        double bound = GramBound.Of(team, gram, rest);
        float* inverses = rest + GramBound.ScratchLength(size);
        OrthogonalizationOutcome outcome = Invert(team, gram, inverses, bound);
        if (outcome == OrthogonalizationOutcome.FallBack)
        {
            GramNewtonSchulz.PolarExpress5.Orthogonalize(team, input, output, scratch);
            return outcome;
        }

        double unit = Fraction.Multiplier / (Math.Sqrt(bound) * scale);
        float* weights = stackalloc float[MaximumPoles];
        for (int j = 0; j < Poles; j++)
        {
            weights[j] = (float)(unit * Fraction.Poles[j].A * bound);
        }

        var sum = new InverseSumJob(q, inverses, PoleScratch(size), weights, Poles, (float)unit);
        team.RunLanes(sum.Tasks, sum);
        SymmetricProduct.Mirror(team, q);
        GramMatrix.Apply(team, q, input, output);
        return outcome;
    }

    /// <summary>All inverses: one pole each while there is one for every worker; what is left over is shared.</summary>
    private OrthogonalizationOutcome Invert(WorkerTeam? team, Matrix gram, float* inverses, double bound)
    {
        OrthogonalizationOutcome* outcomes = stackalloc OrthogonalizationOutcome[MaximumPoles];
        int alone = team is null ? 0 : Poles / team.Threads * team.Threads;
        var job = new PoleJob(this, gram, inverses, bound, outcomes);
        TeamRunner.Run(team, alone, ref job);
        OrthogonalizationOutcome worst = OrthogonalizationOutcome.Regular;
        for (int j = 0; j < Poles; j++)
        {
            if (j >= alone)
            {
                outcomes[j] = Inverse(team, gram, inverses + (j * PoleScratch(gram.Rows)), bound, j);
            }

            worst = (OrthogonalizationOutcome)Math.Max((int)worst, (int)outcomes[j]);
        }

        return worst;
    }

    /// <summary>The lower triangle of (R + p bound I)^-1, at the start of the scratch.</summary>
    private OrthogonalizationOutcome Inverse(WorkerTeam? team, Matrix gram, float* scratch, double bound, int pole)
    {
        double shift = Fraction.Poles[pole].P * bound;
        if (TryInvert(team, gram, scratch, shift))
        {
            return OrthogonalizationOutcome.Regular;
        }

        return pole == 0 && TryInvert(team, gram, scratch, PoleRaise * shift) ? OrthogonalizationOutcome.PoleRaised : OrthogonalizationOutcome.FallBack;
    }

    private static bool TryInvert(WorkerTeam? team, Matrix gram, float* scratch, double shift)
    {
        var inverse = Matrix.Dense(scratch, gram.Rows, gram.Rows);
        float* rest = scratch + FlatLayout.Padded((long)gram.Rows * gram.Rows);

        // The transpose is the same matrix, and its lower triangle lies as the inverse wants it.
        return PositiveDefiniteInverse.Invert(team, gram.Transposed, (float)shift, inverse, rest, mirror: false) < 0;
    }

    private static long PoleScratch(int size) =>
        FlatLayout.Padded((long)size * size) + FlatLayout.Padded(PositiveDefiniteInverse.ScratchLength(size));

    /// <summary>A task is the inverse for one pole, on one worker.</summary>
    private readonly struct PoleJob(
        ZolotarevPolar polar, Matrix gram, float* inverses, double bound, OrthogonalizationOutcome* outcomes) : ITeamJob
    {
        public void Run(int task, int worker) =>
            outcomes[task] = polar.Inverse(null, gram, inverses + (task * PoleScratch(gram.Rows)), bound, task);
    }
}

/// <summary>Q = unit I + sum_j weight_j W_j, lower triangle, poles in ascending order: a task is a strip of rows.</summary>
internal readonly unsafe struct InverseSumJob(Matrix q, float* inverses, long stride, float* weights, int poles, float unit) : ITaskKernel
{
    private const int Strip = 32;

    public int Tasks => ((q.Rows - 1) / Strip) + 1;

    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        // The longest rows come first.
        int strip = Tasks - 1 - task;
        for (int row = strip * Strip; row < Math.Min(q.Rows, (strip + 1) * Strip); row++)
        {
            // Whole vectors while they stay in the row: what they write beyond the diagonal is overwritten when the triangle is mirrored.
            long start = (long)row * q.Columns;
            int column = 0;
            for (; column <= row && column <= q.Columns - LaneDispatch.Count; column += LaneDispatch.Count)
            {
                V sum = L.Multiply(L.Load(inverses + start + column), L.Broadcast(weights[0]));
                for (int j = 1; j < poles; j++)
                {
                    sum = L.MultiplyAdd(L.Load(inverses + (j * stride) + start + column), L.Broadcast(weights[j]), sum);
                }

                L.Store(q.Data + start + column, sum);
            }

            if (column <= row)
            {
                int left = row + 1 - column;
                V sum = L.Multiply(L.LoadPart(inverses + start + column, left), L.Broadcast(weights[0]));
                for (int j = 1; j < poles; j++)
                {
                    V inverse = L.LoadPart(inverses + (j * stride) + start + column, left);
                    sum = L.MultiplyAdd(inverse, L.Broadcast(weights[j]), sum);
                }

                L.StorePart(q.Data + start + column, sum, left);
            }

            q.Data[start + row] += unit;
        }
    }
}
