namespace MuonSharp.Numerics.Tests;

/// <summary>A strided matrix in memory of its own, with gaps that a product must neither read into its result nor write.</summary>
internal sealed unsafe class ProductCase : IDisposable
{
    public const float Gap = 12345.5f;

    private readonly NativeBuffer _buffer;

    public ProductCase(int rows, int columns, bool transposed, int padding, string name)
    {
        (int outer, int inner) = transposed ? (columns, rows) : (rows, columns);
        int stride = inner + padding;
        _buffer = new NativeBuffer(((long)outer * stride) + 16);
        _buffer.AsSpan().Fill(Gap);
        var view = new Matrix(_buffer.Pointer + 3, outer, inner, stride);
        View = transposed ? view.Transposed : view;
        float[] values = new float[rows * columns];
        new RandomStream(7, name).FillUniform(values, 0, 0);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                this[i, j] = (2 * values[(i * columns) + j]) - 1;
            }
        }
    }

    public Matrix View { get; }

    public ref float this[int row, int column] => ref View.Data[(row * View.RowStride) + (column * View.ColumnStride)];

    public int CountGaps() => _buffer.AsSpan().Count(Gap);

    public void Dispose() => _buffer.Dispose();
}
