using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>One independent matrix of a parameter, with what it needs of scratch and what it costs.</summary>
internal sealed class MuonMatrix
{
    public MuonMatrix(ImmutableArray<int> shape, in MatrixSlice slice, int index, MuonOptions options)
    {
        Index = index;
        Slice = slice;
        Options = options;
        Scale = ScaleOf(shape, slice, options);
        Work = WorkOf(slice);
        Scratch = ScratchOf(slice, options);
    }

    /// <summary>The matrix's number in its parameter.</summary>
    public int Index { get; }

    public MatrixSlice Slice { get; }

    public MuonOptions Options { get; }

    /// <summary>The factor by shape.</summary>
    public double Scale { get; }

    /// <summary>m²n: what one product of the orthogonalization costs.</summary>
    public long Work { get; }

    /// <summary>Floats of scratch: direction, result, and the orthogonalizer's own.</summary>
    public long Scratch { get; }

    /// <summary>Where the matrix's outputs begin among the tensor's: its place in a state of one value an output.</summary>
    public int FirstOutput => FirstOutputOf(Slice);

    /// <summary>Where the matrix's tensor lies in the next step, and the values of that step.</summary>
    public MuonOperands Operands { get; set; }

    /// <summary>What an observer is told in the next step; null: nothing.</summary>
    public ObservedMatrix? Observed { get; set; }

    /// <summary>Sum of the squared changes of this step's update.</summary>
    public double Squares { get; set; }

    /// <summary>How this step's orthogonalization went.</summary>
    public OrthogonalizationOutcome Outcome { get; set; }

    /// <summary>Where a matrix's outputs begin among its tensor's.</summary>
    public static int FirstOutputOf(in MatrixSlice slice) => slice.Orientation == MatrixOrientation.OutIn
        ? slice.Offset / slice.RowStride
        : (slice.Offset / (slice.Rows * slice.RowStride) * slice.RowStride) + (slice.Offset % slice.RowStride);

    /// <summary>The work of a matrix.</summary>
    public static long WorkOf(in MatrixSlice slice)
    {
        long small = Math.Min(slice.Rows, slice.Columns);
        return small * small * Math.Max(slice.Rows, slice.Columns);
    }

    /// <summary>The scratch of a matrix.</summary>
    public static long ScratchOf(in MatrixSlice slice, MuonOptions options) =>
        (2 * FlatLayout.Padded(slice.Length)) + options.Orthogonalizer.ScratchLength(slice.Rows, slice.Columns);

    /// <summary>The factor by shape of one matrix of a tensor.</summary>
    public static double ScaleOf(ImmutableArray<int> shape, in MatrixSlice slice, MuonOptions options) =>
        options.Compat == MuonCompat.KellerJordanConvScale && shape.Length > 2
            ? options.Scale.Factor(shape[^2], shape[^1])
            : options.Scale.Factor(slice.FanOut, slice.FanIn);
}

/// <summary>What one step does to one matrix of a tensor, and where that tensor lies.</summary>
/// <param name="isActive">Whether the step updates the matrix; otherwise nothing else counts.</param>
/// <param name="values">What the schedules say.</param>
/// <param name="count">Updates so far, this one included.</param>
/// <param name="weights">The tensor.</param>
/// <param name="gradient">Its gradient; null counts as zero.</param>
/// <param name="momentum">Its momentum.</param>
/// <param name="rowMeanSquares">One value an output of the tensor; not read where rows are not normalized.</param>
internal readonly unsafe struct MuonOperands(
    bool isActive, StepValues values, long count, float* weights, float* gradient, float* momentum, float* rowMeanSquares)
{
    public bool IsActive { get; } = isActive;

    public StepValues Values { get; } = values;

    public long Count { get; } = count;

    public float* Weights { get; } = weights;

    public float* Gradient { get; } = gradient;

    public float* Momentum { get; } = momentum;

    public float* RowMeanSquares { get; } = rowMeanSquares;
}

/// <summary>How an elementwise stage cuts a matrix: whole rows, about a chunk of elements a task, by the shape alone.</summary>
internal readonly struct MatrixRows
{
    /// <summary>Elements per task, about.</summary>
    private const int Chunk = 1 << 14;

    /// <summary>Tasks at most, so that partial results fit on the stack.</summary>
    public const int MaximumTasks = 256;

    public MatrixRows(in MatrixSlice slice)
    {
        int rowsOfChunk = Math.Max(1, Chunk / slice.Columns);
        Rows = slice.Rows;
        RowsPerTask = Math.Max(rowsOfChunk, ((slice.Rows - 1) / MaximumTasks) + 1);
    }

    public int Rows { get; }

    public int RowsPerTask { get; }

    public int Tasks => ((Rows - 1) / RowsPerTask) + 1;

    public (int Start, int End) Of(int task) => (task * RowsPerTask, Math.Min(Rows, (task + 1) * RowsPerTask));
}
