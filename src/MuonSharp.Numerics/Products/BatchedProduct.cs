namespace MuonSharp.Numerics;

/// <summary>Many products of one shape, each on one worker without a barrier inside.</summary>
public static class BatchedProduct
{
    /// <summary>C_i = [C_i +] (alpha A_i) B_i for i = 0 to count - 1, where the i-th matrices start i strides after the first ones.</summary>
    /// <param name="team">Workers to share the products; null runs them on the calling thread.</param>
    /// <param name="count">Number of products.</param>
    /// <param name="a">The first A, shape [m, k], any strides.</param>
    /// <param name="strideA">Floats from one A to the next; 0 for one that all share.</param>
    /// <param name="b">The first B, shape [k, n], any strides.</param>
    /// <param name="strideB">Floats from one B to the next; 0 for one that all share.</param>
    /// <param name="c">The first C, shape [m, n], any strides.</param>
    /// <param name="strideC">Floats from one C to the next; no two of them overlap.</param>
    /// <param name="accumulate">Whether to add to what each C holds.</param>
    /// <param name="alpha">Factor that each element of A is multiplied by before the product (one rounding).</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Multiply(
        WorkerTeam? team, int count, Matrix a, nint strideA, Matrix b, nint strideB, Matrix c, nint strideC, bool accumulate = false, float alpha = 1)
    {
        MatrixProduct.Validate(a, b, c);
        var job = new BatchJob(a, strideA, b, strideB, c, strideC, accumulate, alpha);
        TeamRunner.Run(team, count, ref job);
    }

    private readonly struct BatchJob(Matrix a, nint strideA, Matrix b, nint strideB, Matrix c, nint strideC, bool accumulate, float alpha) : ITeamJob
    {
        public void Run(int task, int worker) =>
            MatrixProduct.Multiply(null, Shift(a, task * strideA), Shift(b, task * strideB), Shift(c, task * strideC), accumulate, alpha);

        private static unsafe Matrix Shift(Matrix first, nint offset) =>
            new(first.Data + offset, first.Rows, first.Columns, first.RowStride, first.ColumnStride);
    }
}
