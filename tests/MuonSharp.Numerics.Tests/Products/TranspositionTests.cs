namespace MuonSharp.Numerics.Tests;

public sealed unsafe class TranspositionTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 4)]
    [InlineData(7, 13)]
    [InlineData(64, 32)]
    [InlineData(3, 64)]
    [InlineData(65, 2)]
    [InlineData(16, 16)]
    [InlineData(17, 80)]
    [InlineData(48, 35)]
    public void Every_element_changes_places_and_nothing_else_is_written(int rows, int columns)
    {
        (int sourceStride, int destinationStride) = (columns + 3, rows + 5);
        float[] source = new float[rows * sourceStride];
        float[] destination = new float[columns * destinationStride];
        for (int i = 0; i < source.Length; i++)
        {
            source[i] = i + 1;
        }

        fixed (float* from = source, to = destination)
        {
            Transposition.Copy(from, sourceStride, rows, columns, to, destinationStride);
        }

        for (int j = 0; j < columns; j++)
        {
            for (int i = 0; i < destinationStride; i++)
            {
                Assert.Equal(i < rows ? (i * sourceStride) + j + 1 : 0, destination[(j * destinationStride) + i]);
            }
        }
    }
}
