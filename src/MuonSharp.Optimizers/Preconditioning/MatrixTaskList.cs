using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The work of a step: small matrices one per worker, large ones one after the other on all workers.</summary>
/// <remarks>Which is which follows from the shape alone, and the result is the same either way. Scratch is allocated here, once.</remarks>
internal sealed unsafe class MatrixTaskList : IDisposable
{
    /// <summary>Work up to which a matrix runs on one worker; a square one of 464.</summary>
    internal const long LargestSmallWork = 4L * 464 * 464 * 464;

    private readonly MatrixTask[] _small;
    private readonly MatrixTask[] _large;
    private readonly MatrixTask[] _all;
    private readonly long _scratchOfWorker;
    private readonly NativeBuffer _scratch;
    private float _gradientScale;

    public MatrixTaskList(IEnumerable<MatrixTask> tasks, int workers)
    {
        _all = [.. tasks.Where(static task => task.Slot.Owned.Length > 0)];

        // The longest first, so that no worker starts a long one when the others are done.
        _small = [.. _all.Where(matrix => matrix.Work <= LargestSmallWork).OrderByDescending(matrix => matrix.Work)];
        _large = [.. _all.Where(matrix => matrix.Work > LargestSmallWork)];
        _scratchOfWorker = _small.Length == 0 ? 0 : _small.Max(matrix => matrix.Scratch);
        _scratch = new NativeBuffer(ScratchLength(_all.Select(static matrix => (matrix.Work, matrix.Scratch)), workers));
    }

    /// <summary>Floats of scratch for matrices of that work and scratch in doubles.</summary>
    public static long ScratchLength(IEnumerable<(long Work, long Scratch)> matrices, int workers)
    {
        long shared = 0, own = 0;
        foreach ((long work, long scratch) in matrices)
        {
            own = work <= LargestSmallWork ? Math.Max(own, scratch) : own;
            shared = work <= LargestSmallWork ? shared : Math.Max(shared, scratch);
        }

        return 2 * Math.Max(shared, own * workers);
    }

    public void Run(in StepContext context)
    {
        _gradientScale = context.GradientScale;
        var job = new Job(this);
        context.Team.Run(_small.Length, ref job);
        foreach (MatrixTask matrix in _large)
        {
            if (matrix.IsActive)
            {
                matrix.Step(context.Team, _gradientScale, (double*)_scratch.Pointer);
            }
        }

        foreach (MatrixTask matrix in _all)
        {
            matrix.Slot.ReportChange(matrix.IsActive ? matrix.Squares : 0);
        }
    }

    public void Dispose() => _scratch.Dispose();

    private readonly struct Job(MatrixTaskList list) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            MatrixTask matrix = list._small[task];
            if (matrix.IsActive)
            {
                matrix.Step(null, list._gradientScale, (double*)list._scratch.Pointer + (worker * list._scratchOfWorker));
            }
        }
    }
}

/// <summary>One matrix that an optimizer steps by itself, with its own state and scratch.</summary>
internal abstract unsafe class MatrixTask(ParameterSlot slot, int matrix, MatrixSlice slice)
{
    public ParameterSlot Slot { get; } = slot;

    public MatrixSlice Slice { get; } = slice;

    /// <summary>Whether this step updates it.</summary>
    public bool IsActive => Slot.IsActive(matrix);

    /// <summary>Updates so far, this one included.</summary>
    protected long Count => Slot.CountOf(matrix);

    /// <summary>What the schedules say for this step.</summary>
    protected StepValues Values => Slot.ValuesOf(matrix);

    /// <summary>The order of the multiply-adds of its dearest step: what decides whether it runs on one worker.</summary>
    public abstract long Work { get; }

    /// <summary>Doubles of scratch.</summary>
    public abstract long Scratch { get; }

    /// <summary>Sum of the squared changes of this step.</summary>
    public double Squares { get; protected set; }

    /// <summary>Updates state and weights.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="gradientScale">What clipping multiplies the gradient with.</param>
    /// <param name="scratch">As many doubles as <see cref="Scratch"/>; contents are undefined.</param>
    public abstract void Step(WorkerTeam? team, float gradientScale, double* scratch);

    /// <summary>The work of a matrix whose sides have statistics of those sizes, 0 for a side without.</summary>
    internal static long WorkOf(MatrixSlice slice, int left, int right) => ((long)slice.Length * (1 + left + right))
        + ((long)left * left * left) + ((long)right * right * right);

    /// <summary>The gradient as doubles without gaps; zeros where it is missing.</summary>
    protected void LoadGradient(double* target, float scale)
    {
        float* gradient = Slot.GradientOf(matrix);
        if (gradient is null)
        {
            new Span<double>(target, Slice.Length).Clear();
            return;
        }

        Load(gradient, target);
        for (int i = 0; i < Slice.Length; i++)
        {
            target[i] *= scale;
        }
    }

    /// <summary>The matrix of a tensor at that address, as doubles without gaps.</summary>
    protected void Load(float* tensor, double* target)
    {
        for (int i = 0; i < Slice.Rows; i++)
        {
            float* row = tensor + Slice.Offset + ((long)i * Slice.RowStride);
            for (int j = 0; j < Slice.Columns; j++)
            {
                *target++ = row[j];
            }
        }
    }

    /// <summary>Rounds doubles into the matrix of a tensor at that address.</summary>
    protected void Store(double* source, float* tensor)
    {
        for (int i = 0; i < Slice.Rows; i++)
        {
            float* row = tensor + Slice.Offset + ((long)i * Slice.RowStride);
            for (int j = 0; j < Slice.Columns; j++)
            {
                row[j] = (float)*source++;
            }
        }
    }

    /// <summary>Statistic &lt;- beta statistic + (1 - beta) X Xᵀ.</summary>
    protected static void Accumulate(WorkerTeam? team, double* statistic, double beta, DoubleMatrix x, double* scratch)
    {
        if (statistic is null)
        {
            return;
        }

        DoubleProduct.MultiplySymmetric(team, x, x.Transposed, DoubleMatrix.Dense(scratch, x.Rows, x.Rows));
        for (long i = 0; i < (long)x.Rows * x.Rows; i++)
        {
            statistic[i] = (beta * statistic[i]) + ((1 - beta) * scratch[i]);
        }
    }
}
