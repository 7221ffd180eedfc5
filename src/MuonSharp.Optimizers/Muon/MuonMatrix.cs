namespace MuonSharp.Optimizers;

/// <summary>One independent matrix of a parameter, with what it needs of scratch and what it costs.</summary>
internal sealed class MuonMatrix
{
    public MuonMatrix(ParameterSlot slot, int index)
    {
        var options = (MuonOptions)slot.Options;
        MatrixSlice slice = slot.Parameter.Matrices[index];
        Slot = slot;
        Index = index;
        Slice = slice;
        Options = options;
        Scale = ScaleOf(slot.Parameter, slice, options);
        Work = WorkOf(slice);
        Scratch = ScratchOf(slice, options);
    }

    public ParameterSlot Slot { get; }

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
    public int FirstOutput => Slice.Orientation == MatrixOrientation.OutIn
        ? Slice.Offset / Slice.RowStride
        : (Slice.Offset / (Slice.Rows * Slice.RowStride) * Slice.RowStride) + (Slice.Offset % Slice.RowStride);

    /// <summary>Sum of the squared changes of this step's update.</summary>
    public double Squares { get; set; }

    /// <summary>How this step's orthogonalization went.</summary>
    public OrthogonalizationOutcome Outcome { get; set; }

    /// <summary>The work of a matrix.</summary>
    public static long WorkOf(in MatrixSlice slice)
    {
        long small = Math.Min(slice.Rows, slice.Columns);
        return small * small * Math.Max(slice.Rows, slice.Columns);
    }

    /// <summary>The scratch of a matrix.</summary>
    public static long ScratchOf(in MatrixSlice slice, MuonOptions options) =>
        (2 * FlatLayout.Padded(slice.Length)) + options.Orthogonalizer.ScratchLength(slice.Rows, slice.Columns);

    private static double ScaleOf(Parameter parameter, in MatrixSlice slice, MuonOptions options) =>
        options.Compat == MuonCompat.KellerJordanConvScale && parameter.Shape.Length > 2
            ? options.Scale.Factor(parameter.Shape[^2], parameter.Shape[^1])
            : options.Scale.Factor(slice.FanOut, slice.FanIn);
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
