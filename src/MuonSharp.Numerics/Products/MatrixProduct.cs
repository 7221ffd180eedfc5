namespace MuonSharp.Numerics;

/// <summary>The general matrix product in float32.</summary>
public static unsafe class MatrixProduct
{
    /// <summary>C = [C +] (alpha A) B.</summary>
    /// <param name="team">Workers to share the product; null runs it on the calling thread.</param>
    /// <param name="a">Shape [m, k], any strides.</param>
    /// <param name="b">Shape [k, n], any strides.</param>
    /// <param name="c">Shape [m, n], any strides.</param>
    /// <param name="accumulate">Whether to add to what C holds; the sum then starts from it.</param>
    /// <param name="alpha">Factor that each element of A is multiplied by before the product (one rounding).</param>
    public static void Multiply(WorkerTeam? team, Matrix a, Matrix b, Matrix c, bool accumulate = false, float alpha = 1) =>
        Multiply(team, a, b, c, accumulate, alpha, default(NoEpilogue));

    /// <summary>C = epilogue([C +] (alpha A) B).</summary>
    /// <typeparam name="TEpilogue">An elementwise operation on finished tiles.</typeparam>
    /// <param name="team">Workers to share the product; null runs it on the calling thread.</param>
    /// <param name="a">Shape [m, k], any strides.</param>
    /// <param name="b">Shape [k, n], any strides.</param>
    /// <param name="c">Shape [m, n], columns adjacent when there is an epilogue.</param>
    /// <param name="accumulate">Whether to add to what C holds; the sum then starts from it.</param>
    /// <param name="alpha">Factor that each element of A is multiplied by before the product (one rounding).</param>
    /// <param name="epilogue">The operation.</param>
    public static void Multiply<TEpilogue>(
        WorkerTeam? team, Matrix a, Matrix b, Matrix c, bool accumulate, float alpha, TEpilogue epilogue)
        where TEpilogue : struct, ITileEpilogue
    {
        for (var i = 0; i < c.Rows; i++)
        {
            for (var j = 0; j < c.Columns; j++)
            {
                var at = c.Data + (i * c.RowStride) + (j * c.ColumnStride);
                var sum = accumulate ? *at : 0f;
                for (var k = 0; k < a.Columns; k++)
                {
                    sum = MathF.FusedMultiplyAdd(alpha * a.Data[(i * a.RowStride) + (k * a.ColumnStride)], b.Data[(k * b.RowStride) + (j * b.ColumnStride)], sum);
                }

                *at = sum;
            }
        }

        epilogue.Apply(c.Data, c.RowStride, c.Rows, c.Columns, 0, 0);
    }
}
