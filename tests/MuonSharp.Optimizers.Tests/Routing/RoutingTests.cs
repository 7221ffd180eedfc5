using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

public class RoutingTests
{
    [Fact]
    public void Hidden_matrices_go_to_muon_and_the_rest_to_adamw()
    {
        using TestModel model = TestModel.Language(layers: 1);
        using var optimizer = new RoutedOptimizer(model.Store);
        Assert.Equal(
            [
                ("wte", "adamw", 0), ("wpe", "adamw", 0), ("h.0.ln.weight", "adamw", 0), ("h.0.ln.bias", "adamw", 0),
                ("h.0.attn.weight", "muon", 3), ("h.0.up.weight", "muon", 1), ("h.0.down.weight", "muon", 1), ("head", "adamw", 0),
            ],
            optimizer.Plan.Rows.Select(row => (row.Parameter.Name, row.Optimizer, row.Matrices)));
        Assert.Equal(24 * 24 * 11, optimizer.Plan.ElementsOf("muon"));
        Assert.Equal(model.Store.ElementCount, optimizer.Plan.ElementsOf("muon") + optimizer.Plan.ElementsOf("adamw"));
    }

    [Fact]
    public void The_plan_prints_as_a_table()
    {
        using TestModel model = new(
            ("wte", [9, 4], ParameterRole.Embedding, null),
            ("qkv", [12, 4], ParameterRole.Matrix, MatrixLayout.OutIn.Split(new("query", 4), new("key", 4), new("value", 4))),
            ("norm", [4], ParameterRole.Gain, null));
        const string Expected = """
            parameter  shape    matrices  optimizer  group      reason
            wte        [9, 4]   -         adamw      auxiliary  token table: rows are looked up, not multiplied
            qkv        [12, 4]  3         muon       matrices   hidden matrix: its update is orthogonalized
            norm       [4]      -         adamw      auxiliary  vector of gains

            """;
        Assert.Equal(Expected, RoutingPlan.Make(model.Parameters, Route.Muon()).ToString());
    }

    [Fact]
    public void Everything_can_go_to_adamw_with_two_groups_of_one_optimizer()
    {
        using TestModel model = TestModel.Language(layers: 1);
        using var optimizer = new RoutedOptimizer(model.Store, Route.AdamW(new AdamWOptions { LearningRate = 0.004, WeightDecay = 0.1 }));
        model.FillGradients(1);
        StepReport report = optimizer.Step();
        Assert.Equal((0, 8), (report.ParametersUpdatedBy("muon"), report.ParametersUpdatedBy("adamw")));
        Assert.Equal([0.1, 0.0], report.Groups.Select(group => group.WeightDecay));
        Assert.All(optimizer.Plan.Rows, row => Assert.Equal("adamw", row.Optimizer));
    }

    [Fact]
    public void Routed_steps_have_the_bits_of_the_two_optimizers_alone()
    {
        using TestModel together = TestModel.Language();
        using TestModel alone = TestModel.Language();
        using var team = new WorkerTeam(2);
        using var routed = new RoutedOptimizer(together.Store, team: team);
        IOptimizer[] optimizers =
        [
            new Muon([.. alone.Parameters.Where(p => p.Role == ParameterRole.Matrix)], team: team),
            new AdamW([.. alone.Parameters.Where(p => p.Role != ParameterRole.Matrix)], AdamWPresets.KellerJordan, team: team),
        ];
        for (int step = 1; step <= 3; step++)
        {
            together.FillGradients(step);
            alone.FillGradients(step);
            routed.Step();
            foreach (IOptimizer optimizer in optimizers)
            {
                optimizer.Step();
            }
        }

        Compare.SameBits(alone.AllWeights(), together.AllWeights());
        Array.ForEach(optimizers, optimizer => optimizer.Dispose());
    }

    [Fact]
    public void A_route_with_a_condition_takes_some_parameters_of_a_role()
    {
        using TestModel model = TestModel.Language(layers: 1);
        Route[] routes =
        [
            new("table", [ParameterRole.Embedding], new AdamWOptions { LearningRate = 0.3 }) { Condition = p => p.Name == "wte" },
            .. Route.Muon(),
        ];
        using var optimizer = new RoutedOptimizer(model.Store, routes);
        model.FillGradients(1);
        Assert.Equal([("table", 1, 0.3), ("auxiliary", 4, 3e-4), ("matrices", 3, 0.02)], optimizer.Step().Groups.Select(g => (g.Name, g.Parameters, g.LearningRate)));
    }

    [Fact]
    public void Parameters_without_a_route_are_all_named()
    {
        using TestModel model = TestModel.Language(layers: 1);
        OptimizerOptionsException exception = Assert.Throws<OptimizerOptionsException>(
            () => new RoutedOptimizer(model.Store, [new Route("matrices", Route.Matrices, new MuonOptions())]));
        Assert.Equal(5, exception.Problems.Count);
        Assert.StartsWith("[routing] no route takes 'wte' (Embedding); no route takes 'wpe'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_published_two_optimizer_form_reads_the_same()
    {
        using TestModel model = TestModel.Language();
        Parameter[] body = [.. model.Parameters.Where(p => p.Role == ParameterRole.Matrix)];
        Parameter[] rest = [.. model.Parameters.Except(body)];
        model.FillGradients(1);
        float[] start = model.AllWeights();
        IOptimizer[] optimizers = [new Muon(body, learningRate: 0.02f, momentum: 0.95f), new AdamW(rest, learningRate: 3e-4f, beta1: 0.9, beta2: 0.95)];
        foreach (IOptimizer optimizer in optimizers)
        {
            Assert.False(optimizer.Step().Skipped);
            optimizer.Dispose();
        }

        // Muon moves an element by about lr / sqrt(width), Adam's first step by lr: everything moved, nothing far.
        Assert.All(start.Zip(model.AllWeights()), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 0.05));
        Assert.All(rest.Select(p => p.Name), name => Assert.True(model[name].Length > 0));
    }
}
