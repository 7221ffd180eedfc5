namespace MuonSharp.Numerics;

/// <summary>The epilogue of a plain product: nothing.</summary>
public readonly struct NoEpilogue : ITileEpilogue
{
    /// <inheritdoc/>
    public unsafe void Apply(float* tile, nint rowStride, int rows, int columns, int row, int column)
    {
    }
}
