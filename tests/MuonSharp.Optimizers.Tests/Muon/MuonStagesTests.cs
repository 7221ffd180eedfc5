using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Muon's stages can be composed anew by an optimizer that sees nothing internal.</summary>
public class MuonStagesTests
{
    [Fact]
    public void The_original_composed_of_its_stages_has_its_bits()
    {
        using TestModel ready = TestModel.Language();
        using TestModel composed = TestModel.Language();
        AdamWOptions rest = AdamWPresets.KellerJordan;
        using var one = new RoutedOptimizer(ready.Store, Route.Split(MuonPresets.KellerJordan with { WeightDecay = 0.1 }, rest), new StepOptions { MaximumGradientNorm = 0.05 });
        using var other = new RoutedOptimizer(composed.Store, Route.Split(new ComposedOptions { WeightDecay = 0.1, MissingGradient = MissingGradient.Zero }, rest), new StepOptions { MaximumGradientNorm = 0.05 });
        Assert.Contains(other.Plan.Rows, row => row is { Optimizer: "composed", Matrices: 3, Reason: "hidden matrix, stepped element by element" });
        for (int step = 1; step <= 4; step++)
        {
            ready.FillGradients(step);
            composed.FillGradients(step);
            ready["h.0.up.weight"].HasGradient = composed["h.0.up.weight"].HasGradient = step != 3;
            StepReport expected = one.Step(), actual = other.Step();
            Assert.Equal(expected.UpdateRms, actual.UpdateRms, expected.UpdateRms * 1e-9);
            Assert.Equal(expected.MatricesOrthogonalized, actual.MatricesOrthogonalized);
        }

        Compare.SameBits(ready.AllWeights(), composed.AllWeights());
    }

    [Fact]
    public void Rows_can_be_normalized_before_the_momentum()
    {
        const float Small = 1e-3f;
        using TestModel model = TestModel.Matrices((6, 8));
        using Optimizer optimizer = new ComposedOptions { RowsFirst = true, LearningRate = 0.1 }.Create(model.Parameters);
        float[] start = model.AllWeights();
        model.FillGradients(1);
        Span<float> gradient = model.Parameters[0].Gradient.Span;
        for (int j = 0; j < 8; j++)
        {
            gradient[j] *= Small;
        }

        float[] original = gradient.ToArray();
        optimizer.Step();

        // The first direction is a positive multiple of the normalized gradient, so it is the polar factor of the latter: the tiny row counts as much as the others.
        double[] normalized = new double[original.Length];
        for (int row = 0; row < 6; row++)
        {
            double length = Math.Sqrt(original.AsSpan(row * 8, 8).ToArray().Sum(static g => (double)g * g));
            for (int j = 0; j < 8; j++)
            {
                normalized[(row * 8) + j] = original[(row * 8) + j] / length;
            }
        }

        float[] now = model.AllWeights();
        double inner = 0, rows = 0;
        for (int j = 0; j < 8; j++)
        {
            double update = (start[j] - now[j]) / 0.1;
            inner += update * normalized[j];
            rows += update * update;
        }

        Assert.InRange(Math.Sqrt(rows), 0.6, 1.3);
        Assert.True(inner > 0.3, $"{inner}");
    }

    [Fact]
    public unsafe void Blocks_that_do_not_fit_are_refused()
    {
        MatrixSlice matrix = MatrixLayout.OutIn.Matrices([3, 4])[0];
        MemoryBlock eleven = MemoryBlock.Of(new float[11]), twelve = MemoryBlock.Of(new float[12]);
        using var buffer = new NativeBuffer(64);
        var aligned = new MemoryBlock(buffer.Pointer, 16, buffer);
        MomentumCoefficients coefficients = MomentumForm.Ema.Coefficients(0.9, true, 1);
        Assert.Contains("ends at element 12; a tensor of 11", Assert.Throws<ArgumentException>(() => MuonStages.Momentum(matrix, twelve, 1, coefficients, eleven, twelve)).Message, StringComparison.Ordinal);
        Assert.Contains("12 floats; 11 came", Assert.Throws<ArgumentException>(() => MuonStages.Momentum(matrix, default, 1, coefficients, twelve, eleven)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => MuonStages.Apply(matrix, eleven, twelve, 1, 0));
        Assert.Throws<ArgumentException>(() => MuonStages.NormalizeRows(matrix, twelve, MemoryBlock.Of(new float[2]), new RowNormalization()));
        Assert.Throws<ArgumentException>(() => MuonStages.Orthogonalize(NewtonSchulz.Jordan5, matrix, aligned, aligned, aligned));
        Assert.Throws<ArgumentException>(() => MuonStages.Orthogonalize(
            NewtonSchulz.Jordan5, matrix, new MemoryBlock(buffer.Pointer + 1, 12, buffer), aligned, new MemoryBlock(buffer.Pointer, 64, buffer)));
    }
}

/// <summary>Muon written anew from its stages, as somebody outside would.</summary>
internal sealed record ComposedOptions() : OptimizerOptions(0.02)
{
    public override string OptimizerName => "composed";

    public override bool SplitsMatrices => true;

    public double Momentum { get; init; } = 0.95;

    /// <summary>Whether rows are normalized before the momentum: a variant that nobody published here.</summary>
    public bool RowsFirst { get; init; }

    protected internal override Schedule MomentumSchedule => Momentum;

    public override Optimizer CreateOptimizer(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null) => new ComposedMuon(groups, step, team);

    protected internal override IEnumerable<StateCost> StatesOf(IReadOnlyList<ParameterGroup> groups) => [StateCost.PerElement("momentum", groups), StateCost.PerElement("rows", groups)];
}

/// <summary>One matrix after the other, each on the whole team.</summary>
internal sealed class ComposedMuon : Optimizer<ComposedOptions>
{
    private readonly StateBuffer _momentum;
    private readonly StateBuffer _rows;
    private readonly MemoryBlock _direction;
    private readonly MemoryBlock _result;
    private readonly MemoryBlock _scratch;

    public ComposedMuon(IReadOnlyList<ParameterGroup> groups, StepOptions? step, WorkerTeam? team)
        : base(groups, step, team)
    {
        _momentum = AddState("momentum");
        _rows = AddState("rows");
        MatrixSlice[] matrices = [.. Slots.SelectMany(static slot => slot.Parameter.Matrices)];
        _direction = AddScratch(matrices.Max(static matrix => matrix.Length));
        _result = AddScratch(matrices.Max(static matrix => matrix.Length));
        _scratch = AddScratch((int)matrices.Max(static matrix => NewtonSchulz.Jordan5.ScratchLength(matrix.Rows, matrix.Columns)));
    }

    protected override void Update(in StepContext context)
    {
        foreach (ParameterSlot slot in Slots)
        {
            for (int i = 0; i < slot.MatrixCount; i++)
            {
                if (slot.IsActive(i))
                {
                    Step(context, slot, i);
                }
            }
        }
    }

    private void Step(in StepContext context, ParameterSlot slot, int index)
    {
        MatrixSlice matrix = slot.Parameter.Matrices[index];
        StepValues values = slot.ValuesOf(index);
        MemoryBlock gradient = slot.Parameter.HasGradientOf(index) ? slot.Parameter.Gradient : default;
        if (OptionsOf(slot).RowsFirst)
        {
            MuonStages.NormalizeRows(matrix, gradient, _rows.Of(slot), new RowNormalization(), Team);
        }

        MuonStages.Momentum(
            matrix, gradient, context.GradientScale, MomentumForm.Ema.Coefficients(values.Momentum, true, slot.CountOf(index)), _momentum.Of(slot), _direction, Team);
        slot.ReportOrthogonalization(MuonStages.Orthogonalize(NewtonSchulz.Jordan5, matrix, _direction, _result, _scratch, Team));
        double rate = values.LearningRate * UpdateScale.Original.Factor(matrix.FanOut, matrix.FanIn);
        slot.ReportChange(MuonStages.Apply(matrix, slot.Parameter.Weights, _result, rate, values.LearningRate * values.WeightDecay, Team));
    }
}
