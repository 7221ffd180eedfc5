namespace MuonSharp.Optimizers;

/// <summary>What SOAP costs: two floats an element, two double matrices for each side that is rotated.</summary>
internal sealed class SoapCosts : CostModel
{
    public static SoapCosts Instance { get; } = new();

    /// <inheritdoc/>
    public override IEnumerable<StateCost> States(IReadOnlyList<ParameterGroup> groups) =>
    [
        PerElement("first moment", groups),
        PerElement("second moment", groups),
        new("statistics and bases, in double", 2 * sizeof(double) * Matrices(groups).Sum(static matrix =>
            ((long)matrix.Left * matrix.Left) + ((long)matrix.Right * matrix.Right))),
    ];

    /// <inheritdoc/>
    public override long ScratchLength(IReadOnlyList<ParameterGroup> groups, int threads) => MatrixTaskList.ScratchLength(
        Matrices(groups).Select(static matrix =>
            (MatrixTask.WorkOf(matrix.Slice, matrix.Left, matrix.Right), SoapMatrix.ScratchOf(matrix.Slice, matrix.Left, matrix.Right))),
        threads);

    /// <inheritdoc/>
    /// <remarks>Rotating there and back costs 4 rc for each unit of a rotated side, its statistic half of a product; a refresh a product and a QR.</remarks>
    public override double Flops(OptimizerOptions options, in MatrixSlice matrix)
    {
        var soap = (SoapOptions)options;
        double elements = matrix.Length, flops = 0;
        foreach (double side in (ReadOnlySpan<int>)[matrix.Rows, matrix.Columns])
        {
            if (side <= soap.MaximumPreconditionerDimension)
            {
                double refresh = (14.0 / 3 * side * side * side) + (4 * elements * side);
                flops += (5 * elements * side) + (refresh / soap.PreconditionFrequency);
            }
        }

        return flops;
    }

    private static IEnumerable<(MatrixSlice Slice, int Left, int Right)> Matrices(IReadOnlyList<ParameterGroup> groups) =>
        groups.SelectMany(static group => group.Parameters.SelectMany(parameter => Soap.Matrices(parameter, (SoapOptions)group.Options)));
}
