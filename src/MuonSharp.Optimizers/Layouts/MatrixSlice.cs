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
