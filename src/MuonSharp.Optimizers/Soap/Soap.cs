using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Adam in the eigenbasis of Shampoo's statistics.</summary>
/// <remarks>
/// <para>Per matrix G [r, c]; L, R, the bases Q and all products in double, m and v in float32.</para>
/// <code>
/// first step:  L = (1 - sb) G Gᵀ;  R = (1 - sb) Gᵀ G;  Q = eigenvectors, greatest first; weights stay, t = 0
/// t &lt;- t + 1;  G' = Q_Lᵀ G Q_R;  m &lt;- b1 m + (1 - b1) G';  v &lt;- b2 v + (1 - b2) G'²
/// p &lt;- p - lr sqrt(1 - b2^t) / (1 - b1^t) Q_L [m / (sqrt(v) + eps)] Q_Rᵀ;   then p &lt;- p - lr wd p
/// L &lt;- sb L + (1 - sb) G Gᵀ;  R &lt;- sb R + (1 - sb) Gᵀ G
/// every precondition-frequency updates, per side: order the basis by diag(Qᵀ L Q), Q &lt;- qr(L Q).Q, m into the new basis
/// </code>
/// <para>A side longer than the maximum dimension is not rotated; a vector is plain Adam with the same rules. A fused tensor steps as its
/// parts would. Every step of a parameter's first gradient changes no weight.</para>
/// <para>Cost a step: 5 rc(r + c) FLOPs in double, and 14/3 (r³ + c³) + 4 rc(r + c) more when bases are refreshed. Memory: 8 bytes an element
/// and 16 (r² + c²) bytes. A float64 of the state is saved as its two 32-bit words.</para>
/// <para>Source: Vyas et al., "SOAP: improving and stabilizing Shampoo using Adam", arXiv 2409.11321; nikhilvyas/SOAP.</para>
/// </remarks>
public sealed unsafe class Soap : Optimizer<SoapOptions>
{
    private readonly DoubleState _state;
    private readonly MatrixTaskList _tasks;

    /// <summary>SOAP over groups with options of their own.</summary>
    /// <param name="groups">At least one; the options are <see cref="SoapOptions"/>.</param>
    /// <param name="step">Length of the run and clipping; null: no end, no clipping.</param>
    /// <param name="team">The workers; null: the optimizer starts a team of its own on all cores.</param>
    /// <exception cref="OptimizerOptionsException">Options, groups or parameters are wrong; all problems are named.</exception>
    public Soap(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null)
        : base(groups, step, team)
    {
        StateBuffer first = AddState("first_moment");
        StateBuffer second = AddState("second_moment");
        (ParameterSlot Slot, int Index, MatrixSlice Slice, int Left, int Right)[] matrices = [.. Slots.SelectMany(static slot =>
            Matrices(slot.Parameter, OptionsOf(slot)).Select((matrix, index) => (slot, index, matrix.Slice, matrix.Left, matrix.Right)))];
        _state = Own(new DoubleState(matrices.Where(static matrix => matrix.Slot.Owned.Length > 0).Sum(static matrix => 2 * (((long)matrix.Left * matrix.Left) + ((long)matrix.Right * matrix.Right)))));
        _tasks = Own(new MatrixTaskList(
            matrices.Select(matrix => new SoapMatrix(
                matrix.Slot, matrix.Index, matrix.Slice, Side(matrix.Slot, matrix.Slice, "left", matrix.Left), Side(matrix.Slot, matrix.Slice, "right", matrix.Right), first, second)),
            Team.Threads));
        AddState(_state.Tensors);
    }

    /// <inheritdoc/>
    protected override void Update(in StepContext context) => _tasks.Run(context);

    /// <summary>A parameter's matrices with the sizes of the sides that are rotated; a vector is one row without.</summary>
    internal static IEnumerable<(MatrixSlice Slice, int Left, int Right)> Matrices(Parameter parameter, SoapOptions options)
    {
        if (parameter.Shape.Length < 2)
        {
            return [(new MatrixSlice(string.Empty, 0, 1, parameter.Length, parameter.Length, MatrixOrientation.OutIn), 0, 0)];
        }

        int longest = options.MaximumPreconditionerDimension;
        return parameter.Matrices
            .Select(slice => (slice, slice.Rows > longest ? 0 : slice.Rows, slice.Columns > longest ? 0 : slice.Columns));
    }

    private SoapSide Side(ParameterSlot slot, in MatrixSlice slice, string side, int size)
    {
        string part = slice.Name.Length == 0 ? string.Empty : "." + slice.Name;
        string parameter = slot.Parameter.Name;
        return new SoapSide(
            size, _state.Take($"{Name}.{side}_statistic{part}/{parameter}", size, slot), _state.Take($"{Name}.{side}_basis{part}/{parameter}", size, slot));
    }
}

/// <summary>What SOAP costs: two floats an element, two double matrices for each side that is rotated.</summary>
internal static class SoapCosts
{
    /// <summary>The states over all groups.</summary>
    public static IEnumerable<StateCost> States(IReadOnlyList<ParameterGroup> groups) =>
    [
        StateCost.PerElement("first moment", groups),
        StateCost.PerElement("second moment", groups),
        new("statistics and bases, in double", 2 * sizeof(double) * Matrices(groups).Sum(static matrix =>
            ((long)matrix.Left * matrix.Left) + ((long)matrix.Right * matrix.Right))),
    ];

    /// <summary>Floats of scratch.</summary>
    public static long ScratchLength(IReadOnlyList<ParameterGroup> groups, int threads) => MatrixTaskList.ScratchLength(
        Matrices(groups).Select(static matrix =>
            (MatrixTask.WorkOf(matrix.Slice, matrix.Left, matrix.Right), SoapMatrix.ScratchOf(matrix.Slice, matrix.Left, matrix.Right))),
        threads);

    /// <summary>FLOPs of a step for one matrix.</summary>
    /// <remarks>Rotating there and back costs 4 rc for each unit of a rotated side, its statistic half of a product; a refresh a product and a QR.</remarks>
    public static double Flops(SoapOptions options, in MatrixSlice matrix)
    {
        double elements = matrix.Length, flops = 0;
        foreach (double side in (ReadOnlySpan<int>)[matrix.Rows, matrix.Columns])
        {
            if (side <= options.MaximumPreconditionerDimension)
            {
                double refresh = (14.0 / 3 * side * side * side) + (4 * elements * side);
                flops += (5 * elements * side) + (refresh / options.PreconditionFrequency);
            }
        }

        return flops;
    }

    private static IEnumerable<(MatrixSlice Slice, int Left, int Right)> Matrices(IReadOnlyList<ParameterGroup> groups) =>
        groups.SelectMany(static group => group.Parameters.SelectMany(parameter => Soap.Matrices(parameter, (SoapOptions)group.Options)));
}
