namespace MuonSharp.Nn;

/// <summary>Where heads lie along a tensor's columns: head h has columns First + h·Stride to First + h·Stride + Width.</summary>
/// <remarks>Heads side by side have a stride equal to their width; parts that alternate by head, such as latent attention's keys and values, a
/// larger one; a key that all heads share has stride 0.</remarks>
/// <param name="First">First column of head 0.</param>
/// <param name="Width">Columns of a head, 1 or more.</param>
/// <param name="Stride">Columns from one head's first to the next one's: at least <paramref name="Width"/>, or 0.</param>
public readonly record struct HeadColumns(int First, int Width, int Stride)
{
    /// <summary>Heads side by side.</summary>
    /// <param name="width">Columns of a head.</param>
    /// <param name="first">First column of head 0.</param>
    public static HeadColumns SideBySide(int width, int first = 0) => new(first, width, width);

    /// <summary>First column of a head.</summary>
    /// <param name="head">Number of the head.</param>
    public int At(int head) => First + (head * Stride);

    /// <inheritdoc/>
    public override string ToString() => $"{First} + {Stride} h, {Width} wide";

    /// <summary>Whether the heads lie inside the columns, apart from each other unless all are the same.</summary>
    internal bool Fits(int columns, int heads) =>
        First >= 0 && Width > 0 && (Stride >= Width || Stride == 0) && First + ((heads - 1L) * Stride) + Width <= columns;
}

/// <summary>A range of a tensor's columns: one operand of an operation, by head.</summary>
/// <param name="Tensor">[rows, columns].</param>
/// <param name="Columns">Where the heads lie in it.</param>
public readonly record struct TensorColumns(Tensor Tensor, HeadColumns Columns)
{
    /// <summary>Columns that belong together, as of one head.</summary>
    /// <param name="tensor">[rows, columns].</param>
    /// <param name="first">The first column.</param>
    /// <param name="width">How many.</param>
    public static TensorColumns Part(Tensor tensor, int first, int width) => new(tensor, HeadColumns.SideBySide(width, first));

    /// <inheritdoc/>
    public override string ToString() => $"{Tensor} at {Columns}";
}
