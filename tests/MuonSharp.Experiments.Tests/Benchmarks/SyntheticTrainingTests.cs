using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Benchmarks;

public sealed class SyntheticTrainingTests : IDisposable
{
    private static readonly LanguageModelConfig s_model = new() { Vocabulary = 13, Layers = 2, Heads = 2, Width = 16, Context = 8 };

    private readonly WorkerTeam _team = new(2);

    public void Dispose() => _team.Dispose();

    public static TheoryData<string> Optimizers => [.. OptimizerChoice.Names, "muon:orthogonalizer=newton-schulz/jordan5"];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Every_optimizer_steps(string optimizer)
    {
        using SyntheticTraining training = new(s_model, 3, 8, OptimizerChoice.Parse(optimizer), _team);
        SyntheticStep step = training.Step();
        training.Draw();
        training.Step();

        Assert.Equal(24, training.Tokens);
        Assert.True(step.ForwardBackward > TimeSpan.Zero && step.Optimizer > TimeSpan.Zero);
        Assert.Equal(step.ForwardBackward + step.Optimizer, step.Whole);
    }

    [Fact]
    public void The_models_operations_are_six_for_a_weight_and_token_and_twelve_for_a_visible_pair_and_unit_of_width()
    {
        using SyntheticTraining training = new(s_model, 3, 8, OptimizerChoice.Parse("adamw"), _team);
        int weights = (2 * 12 * 16 * 16) + (13 * 16), pairs = 8 * 9 / 2;
        Assert.Equal((6.0 * 24 * weights) + (12.0 * pairs * 16 * 3 * 2), training.ModelFlops);
        Assert.Equal(0, training.OptimizerFlops);
    }

    [Fact]
    public void Muons_operations_are_those_of_its_matrices_queries_keys_and_values_apart()
    {
        using SyntheticTraining training = new(s_model, 3, 8, OptimizerChoice.Parse("muon"), _team);

        // zolotarev/2 on 4 of w x w and 2 of w x 4w a layer: 3m²n + 2m³.
        Assert.Equal(2 * 16.0 * 16 * 16 * ((4 * 5) + (2 * 14)), training.OptimizerFlops);
    }

    [Fact]
    public void What_a_step_needs_holds_weights_gradients_moments_and_what_the_backward_run_reads()
    {
        using SyntheticTraining adamw = new(s_model, 3, 8, OptimizerChoice.Parse("adamw"), _team), larger = new(s_model, 6, 8, OptimizerChoice.Parse("adamw"), _team);
        long parameters = s_model.CountParameters();
        long activations = adamw.NeededBytes - (4 * 4 * parameters);

        // At least the input, the fused projections, the attention's output, its residual and the hidden layer of each of the two blocks: 4 bytes of 24 x (1 + 3 + 1 + 1 + 4) w.
        Assert.InRange(activations, 2 * 4 * 24 * 10 * 16, 2 * 4 * 24 * 30 * 16);
        Assert.Equal(2.0, (larger.NeededBytes - (4.0 * 4 * parameters)) / activations, 0.05);
    }

    [Fact]
    public void Settings_behind_the_optimizers_name_count()
    {
        using SyntheticTraining training = new(s_model, 3, 8, OptimizerChoice.Parse("muon:orthogonalizer=newton-schulz/jordan5"), _team);

        // Five steps on the same matrices: A = XXᵀ (half of 2m²n), A², 2m³ halved, and the product with X, 2m²n.
        Assert.Equal(2 * 5 * 16.0 * 16 * 16 * ((4 * 4) + (2 * 13)), training.OptimizerFlops);
    }

    [Theory]
    [InlineData("moun", "muon, normuon, adamw")]
    [InlineData("muon:ortogonalizer=exact", "optimizer.ortogonalizer")]
    [InlineData("adamw:learningRate=fast", "optimizer.learningRate")]
    public void What_does_not_fit_is_refused_by_its_name(string optimizer, string said) =>
        Assert.Contains(said, Assert.Throws<ConfigurationException>(() => OptimizerChoice.Parse(optimizer).Compose()).Message, StringComparison.Ordinal);
}
