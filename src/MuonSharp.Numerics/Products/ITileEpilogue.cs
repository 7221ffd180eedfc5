namespace MuonSharp.Numerics;

/// <summary>What happens to a tile of a product once its last multiply-add is done, while it is still in the nearest cache.</summary>
/// <remarks>Implemented by structs, so that the compiler specializes the product for it. An element is visited exactly once;
/// which tiles a product is cut into is not specified, so the operation must be elementwise.</remarks>
public interface ITileEpilogue
{
    /// <summary>Transforms one finished tile in place.</summary>
    /// <param name="tile">Address of the tile's first element; columns are adjacent.</param>
    /// <param name="rowStride">Floats from one row of the tile to the next.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="columns">Columns of the tile.</param>
    /// <param name="row">Row of the product that the tile starts at.</param>
    /// <param name="column">Column of the product that the tile starts at.</param>
    unsafe void Apply(float* tile, nint rowStride, int rows, int columns, int row, int column);
}

/// <summary>The epilogue of a plain product: nothing.</summary>
public readonly struct NoEpilogue : ITileEpilogue
{
    /// <inheritdoc/>
    public unsafe void Apply(float* tile, nint rowStride, int rows, int columns, int row, int column)
    {
    }
}
