namespace MuonSharp.Optimizers;

/// <summary>What Shampoo costs: two floats an element, two double matrices for each side of a block.</summary>
internal sealed class ShampooCosts : CostModel
{
    public static ShampooCosts Instance { get; } = new();

    /// <inheritdoc/>
    public override IEnumerable<StateCost> States(IReadOnlyList<ParameterGroup> groups) =>
    [
        PerElement("momentum", groups),
        PerElement("grafting moment", groups),
        new("statistics and roots, in double", 2 * sizeof(double) * Blocks(groups).Sum(static block =>
            ((long)block.Rows * block.Rows) + ((long)block.Columns * block.Columns))),
    ];

    /// <inheritdoc/>
    public override long ScratchLength(IReadOnlyList<ParameterGroup> groups, int threads) => MatrixTaskList.ScratchLength(
        Blocks(groups).Select(static block => (MatrixTask.WorkOf(block, block.Rows, block.Columns), ShampooBlock.ScratchOf(block))), threads);

    /// <inheritdoc/>
    /// <remarks>Statistics are half a product a side, the roots' two products are full; an eigen-decomposition with its root costs some 9 n³.</remarks>
    public override double Flops(OptimizerOptions options, in MatrixSlice matrix)
    {
        var shampoo = (ShampooOptions)options;
        return Shampoo.Blocks(matrix, shampoo.BlockSize).Sum(block =>
        {
            double rows = block.Slice.Rows, columns = block.Slice.Columns;
            return (3 * rows * columns * (rows + columns)) + (9 * ((rows * rows * rows) + (columns * columns * columns)) / shampoo.PreconditionFrequency);
        });
    }

    private static IEnumerable<MatrixSlice> Blocks(IReadOnlyList<ParameterGroup> groups) => groups.SelectMany(static group =>
        group.Parameters.SelectMany(parameter => Shampoo.Blocks(parameter, (ShampooOptions)group.Options)).Select(static block => block.Slice));
}
