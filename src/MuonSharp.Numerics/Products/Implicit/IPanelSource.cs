namespace MuonSharp.Numerics;

/// <summary>A matrix that lies nowhere: its blocks are written when a product needs them, as the patches of an image that a convolution multiplies.</summary>
/// <remarks>Implemented by structs, so that the compiler specializes the product for it. Several workers fill blocks at once.</remarks>
public interface IPanelSource
{
    /// <summary>Number of rows.</summary>
    int Rows { get; }

    /// <summary>Number of columns.</summary>
    int Columns { get; }

    /// <summary>Writes one block, its columns in panels: element (i, j) goes to <c>to[j / width * panelStride + i * width + j % width]</c>.</summary>
    /// <param name="row">First row of the block.</param>
    /// <param name="rows">Rows of the block.</param>
    /// <param name="column">First column of the block.</param>
    /// <param name="columns">Columns of the block.</param>
    /// <param name="to">Out: the first panel.</param>
    /// <param name="width">Columns of a panel, and floats from one of its rows to the next. Where it is not less than the columns, the block is row-major.</param>
    /// <param name="panelStride">Floats from one panel to the next.</param>
    unsafe void Fill(int row, int rows, int column, int columns, float* to, int width, nint panelStride);
}
