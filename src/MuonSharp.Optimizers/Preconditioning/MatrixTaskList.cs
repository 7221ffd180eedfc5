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
        _all = [.. tasks];

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
            if (matrix.Slot.Active)
            {
                matrix.Step(context.Team, _gradientScale, (double*)_scratch.Pointer);
            }
        }

        foreach (MatrixTask matrix in _all)
        {
            matrix.Slot.Group.Report.UpdateSquares += matrix.Slot.Active ? matrix.Squares : 0;
        }
    }

    public void Dispose() => _scratch.Dispose();

    private readonly struct Job(MatrixTaskList list) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            MatrixTask matrix = list._small[task];
            if (matrix.Slot.Active)
            {
                matrix.Step(null, list._gradientScale, (double*)list._scratch.Pointer + (worker * list._scratchOfWorker));
            }
        }
    }
}
