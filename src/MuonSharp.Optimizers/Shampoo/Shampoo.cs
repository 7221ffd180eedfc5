using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Gradients between the inverse fourth roots of their second-moment matrices.</summary>
/// <remarks>
/// <para>Per block G [r, c] of at most block-size rows and columns; L, R, the roots and all products in double, m and V in float32.</para>
/// <code>
/// t &lt;- t + 1
/// L &lt;- b2 L + (1 - b2) G Gᵀ;  R &lt;- b2 R + (1 - b2) Gᵀ G;  V &lt;- gb2 V + (1 - gb2) G²;  m &lt;- b1 m + (1 - b1) G
/// every precondition-frequency updates, per side:  (e, Q) = eigh(L / (1 - b2^t));  e &lt;- e - min(0, min e) + epsilon;  L' = Q e^(-1/4) Qᵀ
/// A = (m / (1 - b1^t)) / (sqrt(V / (1 - gb2^t)) + g_eps)
/// P = A while t &lt; precondition frequency;  then P = L' (m / (1 - b1^t)) R' · ||A|| / (||P|| + 1e-16)      without grafting: no A
/// p &lt;- p - lr (P + wd p)
/// </code>
/// <para>Cost a step: 4 rc(r + c) FLOPs in double, and about 9 (r³ + c³) more when roots are computed. Memory: 8 bytes an element and
/// 16 (r² + c²) bytes a block. A float64 of the state is saved as its two 32-bit words.</para>
/// <para>Source: Gupta et al., "Shampoo", arXiv 1802.09568; facebookresearch/optimizers, distributed_shampoo.</para>
/// </remarks>
public sealed unsafe class Shampoo : Optimizer<ShampooOptions>
{
    private readonly DoubleState _state;
    private readonly MatrixTaskList _tasks;

    /// <summary>Shampoo over groups with options of their own.</summary>
    /// <param name="groups">At least one, of parameters with two or more axes; the options are <see cref="ShampooOptions"/>.</param>
    /// <param name="step">Length of the run and clipping; null: no end, no clipping.</param>
    /// <param name="team">The workers; null: the optimizer starts a team of its own on all cores.</param>
    /// <exception cref="OptimizerOptionsException">Options, groups or parameters are wrong; all problems are named.</exception>
    public Shampoo(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null)
        : base(groups, step, team)
    {
        StateBuffer momentum = AddState("momentum");
        StateBuffer grafted = AddState("grafting_moment");
        (ParameterSlot Slot, int Matrix, MatrixSlice Slice, string Suffix)[] blocks = [.. Slots.SelectMany(static slot =>
            Blocks(slot.Parameter, OptionsOf(slot)).Select(block => (slot, block.Matrix, block.Slice, block.Suffix)))];
        _state = Own(new DoubleState(blocks.Where(static block => block.Slot.Owned.Length > 0).Sum(
            static block => 2 * (((long)block.Slice.Rows * block.Slice.Rows) + ((long)block.Slice.Columns * block.Slice.Columns)))));
        _tasks = Own(new MatrixTaskList(
            blocks.Select(block => new ShampooBlock(
                block.Slot, block.Matrix, block.Slice, Side(block.Slot, block.Suffix, "left", block.Slice.Rows), Side(block.Slot, block.Suffix, "right", block.Slice.Columns), momentum, grafted)),
            Team.Threads));
        AddState(_state.Tensors);
    }

    /// <inheritdoc/>
    protected override void Update(in StepContext context) => _tasks.Run(context);

    /// <summary>A parameter's matrices cut into blocks; the suffix tells state of one parameter apart.</summary>
    internal static IEnumerable<(int Matrix, MatrixSlice Slice, string Suffix)> Blocks(Parameter parameter, ShampooOptions options) =>
        parameter.Matrices.SelectMany((matrix, index) => Blocks(matrix, options.BlockSize).Select(block => (index, block.Slice, block.Suffix)));

    /// <summary>A matrix cut into blocks.</summary>
    internal static IEnumerable<(MatrixSlice Slice, string Suffix)> Blocks(MatrixSlice matrix, int size)
    {
        string part = matrix.Name.Length == 0 ? string.Empty : "." + matrix.Name;
        bool whole = matrix.Rows <= size && matrix.Columns <= size;
        for (int row = 0; row < matrix.Rows; row += size)
        {
            for (int column = 0; column < matrix.Columns; column += size)
            {
                MatrixSlice block = matrix with
                {
                    Offset = matrix.Offset + (row * matrix.RowStride) + column,
                    Rows = Math.Min(size, matrix.Rows - row),
                    Columns = Math.Min(size, matrix.Columns - column),
                };
                yield return (block, whole ? part : $"{part}.{row / size}-{column / size}");
            }
        }
    }

    private ShampooSide Side(ParameterSlot slot, string suffix, string side, int size)
    {
        string name = $"{suffix}/{slot.Parameter.Name}";
        return new ShampooSide(size, _state.Take($"{Name}.{side}_statistic{name}", size, slot), _state.Take($"{Name}.{side}_root{name}", size, slot));
    }
}

/// <summary>What Shampoo costs: two floats an element, two double matrices for each side of a block.</summary>
internal static class ShampooCosts
{
    /// <summary>The states over all groups.</summary>
    public static IEnumerable<StateCost> States(IReadOnlyList<ParameterGroup> groups) =>
    [
        StateCost.PerElement("momentum", groups),
        StateCost.PerElement("grafting moment", groups),
        new("statistics and roots, in double", 2 * sizeof(double) * Blocks(groups).Sum(static block =>
            ((long)block.Rows * block.Rows) + ((long)block.Columns * block.Columns))),
    ];

    /// <summary>Floats of scratch.</summary>
    public static long ScratchLength(IReadOnlyList<ParameterGroup> groups, int threads) => MatrixTaskList.ScratchLength(
        Blocks(groups).Select(static block => (MatrixTask.WorkOf(block, block.Rows, block.Columns), ShampooBlock.ScratchOf(block))), threads);

    /// <summary>FLOPs of a step for one matrix.</summary>
    /// <remarks>Statistics are half a product a side, the roots' two products are full; an eigen-decomposition with its root costs some 9 n³.</remarks>
    public static double Flops(ShampooOptions options, in MatrixSlice matrix)
    {
        return Shampoo.Blocks(matrix, options.BlockSize).Sum(block =>
        {
            double rows = block.Slice.Rows, columns = block.Slice.Columns;
            return (3 * rows * columns * (rows + columns)) + (9 * ((rows * rows * rows) + (columns * columns * columns)) / options.PreconditionFrequency);
        });
    }

    private static IEnumerable<MatrixSlice> Blocks(IReadOnlyList<ParameterGroup> groups) => groups.SelectMany(static group =>
        group.Parameters.SelectMany(parameter => Shampoo.Blocks(parameter, (ShampooOptions)group.Options)).Select(static block => block.Slice));
}
