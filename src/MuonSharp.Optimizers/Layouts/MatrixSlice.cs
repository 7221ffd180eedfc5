using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>One independent matrix inside a stored tensor, as it lies in memory.</summary>
/// <param name="Name">The part's name, empty when the tensor is one matrix.</param>
/// <param name="Offset">The matrix's first element, counted from the tensor's.</param>
/// <param name="Rows">Rows as stored.</param>
/// <param name="Columns">Columns as stored, contiguous.</param>
/// <param name="RowStride">Elements from one stored row to the next.</param>
/// <param name="Orientation">Whether the stored rows are the fan-out or the fan-in.</param>
public readonly record struct MatrixSlice(
    string Name, int Offset, int Rows, int Columns, int RowStride, MatrixOrientation Orientation)
{
    /// <summary>Number of outputs.</summary>
    public int FanOut => Orientation == MatrixOrientation.OutIn ? Rows : Columns;

    /// <summary>Number of inputs.</summary>
    public int FanIn => Orientation == MatrixOrientation.OutIn ? Columns : Rows;

    /// <summary>Number of elements.</summary>
    public int Length => Rows * Columns;

    /// <summary>The slice of a tensor at a given address.</summary>
    /// <param name="tensor">The tensor's first element.</param>
    public unsafe Matrix Of(float* tensor) => new(tensor + Offset, Rows, Columns, RowStride);
}

/// <summary>The runs of neighbouring elements of one matrix that lie in a range of its tensor, in order.</summary>
/// <param name="slice">The matrix.</param>
/// <param name="start">The range's first element, counted from the tensor's.</param>
/// <param name="end">The first element after the range.</param>
internal struct MatrixRuns(MatrixSlice slice, int start, int end)
{
    private readonly bool _dense = slice.RowStride == slice.Columns;
    private int _row = Math.Max(0, start - slice.Offset) / slice.RowStride;

    /// <summary>The run's first element, counted from the tensor's.</summary>
    public int Start { get; private set; }

    /// <summary>Elements in the run.</summary>
    public int Length { get; private set; }

    /// <summary>Goes to the next run, or says that there is none.</summary>
    public bool Next()
    {
        while (_row < slice.Rows)
        {
            long first = slice.Offset + ((long)_row * slice.RowStride);
            long last = first + (_dense ? (long)(slice.Rows - _row) * slice.Columns : slice.Columns);
            _row = _dense ? slice.Rows : _row + 1;
            if (first >= end)
            {
                return false;
            }

            if (last > start)
            {
                Start = (int)Math.Max(first, start);
                Length = (int)(Math.Min(last, end) - Start);
                return true;
            }
        }

        return false;
    }
}

/// <summary>A range of a tensor's fan-out that is a matrix of its own: the query of a fused QKV, the gate of a fused gate-up.</summary>
/// <param name="Name">What the part is, unique in its layout (<c>query</c>).</param>
/// <param name="FanOut">Its number of outputs, at least 1.</param>
/// <param name="Heads">Attention heads that share the outputs equally, 0 when it has none.</param>
public sealed record MatrixPart(string Name, int FanOut, int Heads = 0);

/// <summary>The outputs of one attention head, as a range of the tensor's whole fan-out.</summary>
/// <param name="Start">The first output.</param>
/// <param name="Length">The head's size.</param>
public readonly record struct HeadRange(int Start, int Length);
