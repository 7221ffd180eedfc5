using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;
using MuonSharp.Numerics.Tests;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Layers;

/// <summary>A mixture of experts: against plain loops in double, against differences, and what an expert without rows means.</summary>
public sealed class MixtureOfExpertsTests : IDisposable
{
    private const double Tolerance = 5e-5;
    private readonly WorkerTeam _team = new(2);

    public void Dispose() => _team.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Output_and_all_gradients_are_those_of_plain_loops(bool checks)
    {
        for (int number = 0; number < (checks ? 12 : 40); number++)
        {
            TestNumbers numbers = new(700 + (ulong)number);
            int groups = 1 + numbers.Below(4), size = 1 + numbers.Below(6), activeGroups = 1 + numbers.Below(groups);
            MixtureSizes sizes = new(
                1 + numbers.Below(40), 1 + numbers.Below(40), groups * size, 1 + numbers.Below(activeGroups * size), groups, activeGroups,
                Softmax: number % 3 == 0, Normalize: number % 4 != 1, Scale: number % 2 == 0 ? 1 : 2.5);
            int rows = number % 10 == 9 ? 300 : 1 + numbers.Below(30);
            Exception? error = Record.Exception(() => Check(sizes, rows, numbers, checks));
            Assert.True(error is null, $"case {number}: {sizes}, {rows} rows{Environment.NewLine}{error}");
        }
    }

    [Fact]
    public void All_rows_may_have_one_expert()
    {
        TestNumbers numbers = new(3);
        MixtureSizes sizes = new(12, 20, 5, 1);
        double[] bias = [0, 0, 0, 50, 0];
        ReferenceMixture reference = Check(sizes, 70, numbers, checks: false, bias);
        Assert.All(reference.Chosen, chosen => Assert.Equal([3], chosen));
    }

    /// <summary>Every expert has every row, or biases keep the choice from changing within a difference.</summary>
    [Theory]
    [InlineData(false, 4, true)]
    [InlineData(true, 4, false)]
    [InlineData(false, 2, true)]
    [InlineData(true, 2, true)]
    public void Gradients_are_those_of_differences(bool softmax, int active, bool normalize)
    {
        MixtureSizes sizes = new(10, 12, 4, active, Softmax: softmax, Normalize: normalize, Scale: 1.5);
        using Rig rig = new(sizes.Options with { SharedHidden = 9 }, 11, _team, checks: true);
        ((float[])[0, 9, 0, 7]).CopyTo(rig.Layer.Bias!.Values.Span);
        new RandomStream(1, "x").FillNormal(rig.X.Value, 0, 0);
        GradientCheck.Run(rig.Tape, rig.Y, rig.Tensors).ThrowIfFailed();
    }

    [Fact]
    public void Of_equal_scores_the_first_expert_and_the_first_group_are_taken()
    {
        using Tape tape = new(_team, training: false);
        Tensor logits = tape.Input("logits", 3, 8);
        ExpertChoice choice = tape.ChooseExperts(logits, new RoutingOptions { Active = 3, Groups = 4, ActiveGroups = 2 });
        tape.Output(choice.Chosen);
        tape.Output(choice.Starts);
        tape.Compile();
        logits.Value.Clear();
        logits.Value[(2 * 8) + 5] = 1;
        logits.Value[8 + 6] = logits.Value[8 + 7] = float.NaN;
        tape.Forward();
        Assert.Equal([0, 1, 2], choice.Chosen.Value[..3].ToArray());
        Assert.Equal([5, 0, 1], choice.Chosen.Value[6..].ToArray());
        Assert.Equal(9, choice.Starts.Value[^1]);
        Assert.All(choice.Chosen.Value.ToArray(), expert => Assert.InRange(expert, 0, 7));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Any_number_of_threads_gives_the_same_bits(int threads)
    {
        MixtureOptions options = new MixtureSizes(40, 50, 8, 2, 4, 2).Options with { SharedHidden = 30 };
        using WorkerTeam other = new(threads);
        using Rig one = new(options, 400, _team), two = new(options, 400, other);
        foreach (Rig rig in (Rig[])[one, two])
        {
            new RandomStream(1, "x").FillNormal(rig.X.Value, 0, 0);
            rig.Run();
        }

        Assert.Equal(one.Y.Value.ToArray(), two.Y.Value.ToArray());
        Assert.Equal(one.X.Gradient.ToArray(), two.X.Gradient.ToArray());
        for (int i = 0; i < one.Model.Parameters.Parameters.Count; i++)
        {
            Assert.Equal(one.Model.Parameters.Parameters[i].Gradient.Span.ToArray(), two.Model.Parameters.Parameters[i].Gradient.Span.ToArray());
        }
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        using WorkerTeam team = new(1);
        using Rig rig = new(new MixtureSizes(24, 20, 6, 2).Options with { SharedHidden = 8, BalancingSpeed = 0.1f }, 90, team);
        new RandomStream(1, "x").FillNormal(rig.X.Value, 0, 0);
        Assert.Equal(0, ManagedBytes.LeastOf(() =>
        {
            rig.Model.Parameters.ZeroGradients();
            rig.Run();
            rig.Model.AfterStep(skipped: false);
        }));
    }

    /// <summary>Of experts 0 to 3 the bias lets rows have 1 and 3 in one run and 2 and 3 in the other; nobody ever has 0.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_expert_without_rows_in_any_micro_batch_is_not_stepped(bool muon)
    {
        using Rig rig = new(new MixtureSizes(10, 12, 4, 2).Options, 16, _team);
        new RandomStream(1, "x").FillNormal(rig.X.Value, 0, 0);
        OptimizerOptions options = muon ? MuonPresets.Default with { WeightDecay = 0.1 } : AdamWPresets.Torch with { WeightDecay = 0.1 };
        using RoutedOptimizer optimizer = new(rig.Model.Parameters, Route.Split(options, AdamWPresets.Torch), team: _team);
        Parameter up = rig.Model.Parameters["mixture.experts.up_proj.weight"];
        for (int step = 0; step < 4; step++)
        {
            bool withTwo = step % 2 == 1;
            float[] before = up.Weights.Span.ToArray();
            rig.Model.Parameters.ZeroGradients();
            RunWith(1);
            if (withTwo) RunWith(2);
            RunWith(1);
            Assert.Equal([false, true, withTwo, true], Enumerable.Range(0, 4).Select(up.HasGradientOf));
            optimizer.Step();
            for (int expert = 0; expert < 4; expert++)
            {
                Range mine = (expert * 120)..((expert + 1) * 120);
                bool moved = !up.Weights.Span[mine].SequenceEqual(before.AsSpan(mine));
                Assert.Equal(expert is 1 or 3 || (expert == 2 && withTwo), moved);
            }
        }

        Assert.Equal((0, 2), (optimizer.SaveCounters()[$"count/{up.Name}/0"], optimizer.SaveCounters()[$"count/{up.Name}/2"]));

        void RunWith(int expert)
        {
            Span<float> bias = rig.Layer.Bias!.Values.Span;
            bias.Clear();
            bias[3] = bias[expert] = 5;
            rig.Run();
        }
    }

    [Fact]
    public void A_recomputed_block_counts_its_rows_once_and_has_the_same_gradients()
    {
        MixtureOptions options = new MixtureSizes(10, 12, 6, 2).Options with { BalancingSpeed = 0.25f };
        using Rig plain = new(options, 50, _team), again = new(options, 50, _team, recomputed: true);
        foreach (Rig rig in (Rig[])[plain, again])
        {
            new RandomStream(1, "x").FillNormal(rig.X.Value, 0, 0);
            rig.Run();
            Assert.Equal(100, rig.Layer.Load.Counts.ToArray().Sum());
        }

        Assert.Equal(plain.Layer.Load.Counts.ToArray(), again.Layer.Load.Counts.ToArray());
        Assert.Equal(plain.X.Gradient.ToArray(), again.X.Gradient.ToArray());
    }

    [Fact]
    public void After_a_step_the_biases_go_towards_even_loads()
    {
        using Rig rig = new(new MixtureSizes(10, 12, 4, 1).Options with { BalancingSpeed = 0.25f }, 8, _team);
        new RandomStream(1, "x").FillNormal(rig.X.Value, 0, 0);
        ((float[])[9, 0, 0, 0]).CopyTo(rig.Layer.Bias!.Values.Span);
        rig.Run();
        rig.Model.AfterStep(skipped: true);
        Assert.Equal([9f, 0, 0, 0], rig.Layer.Bias.Values.Span.ToArray());
        rig.Run();
        rig.Run();
        Assert.Equal([16L, 0, 0, 0], rig.Layer.Load.Counts.ToArray());
        rig.Model.AfterStep(skipped: false);
        Assert.Equal([8.75f, 0.25f, 0.25f, 0.25f], rig.Layer.Bias.Values.Span.ToArray());
        Assert.Equal([0L, 0, 0, 0], rig.Layer.Load.Counts.ToArray());
        rig.Model.AfterStep(skipped: false);
        Assert.Equal([8.75f, 0.25f, 0.25f, 0.25f], rig.Layer.Bias.Values.Span.ToArray());
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        MixtureOptions options = new MixtureSizes(10, 12, 6, 2).Options;
        Assert.Equal(
            "[experts] sizes are 1 or more; 'block.mixture' has width 10, hidden width 0, 6 experts, shared hidden width ", Message(options with { Hidden = 0 }));
        Assert.Equal(
            "[experts] groups divide the experts, and some of them are active; 6 experts, 4 groups, 1 active", Message(options with { Routing = options.Routing with { Groups = 4 } }));
        Assert.Equal(
            "[experts] a row has 1 expert or more, no more than its groups hold; 4 active of 3", Message(options with { Routing = options.Routing with { Groups = 2, Active = 4 } }));
        Assert.Equal(
            "[experts] balancing has a speed of 0 or more, and a bias to change; 'block.mixture' has speed 1, selection bias False",
            Message(options with { BalancingSpeed = 1, SelectionBias = false }));

        static string Message(MixtureOptions options) =>
            Assert.Throws<ArgumentException>(() => new MixtureOfExperts(new ModelBuilder(seed: 1).Scope("block"), "mixture", options)).Message;
    }

    private ReferenceMixture Check(MixtureSizes sizes, int rows, TestNumbers numbers, bool checks, double[]? bias = null)
    {
        using Rig rig = new(sizes.Options, rows, _team, checks);
        bias ??= numbers.Normals(sizes.Experts, 0.3);
        Agreement.ToFloats(bias).CopyTo(rig.Layer.Bias!.Values.Span);
        Dictionary<string, double[]> weights = new(StringComparer.Ordinal);
        foreach (Parameter parameter in rig.Model.Parameters.Parameters)
        {
            weights.Add(Short(parameter), numbers.Normals(parameter.Length, 1 / Math.Sqrt(parameter.Shape[^1])));
            Agreement.ToFloats(weights[Short(parameter)]).CopyTo(parameter.Weights.Span);
        }

        double[] input = numbers.Normals(rows * sizes.Width), dy = numbers.Normals(input.Length);
        Agreement.ToFloats(input).CopyTo(rig.X.Value);
        rig.Tape.Forward();
        Agreement.ToFloats(dy).CopyTo(rig.Y.Gradient);
        float[] output = rig.Y.Value.ToArray();
        rig.Tape.Backward();

        ReferenceMixture reference = new(sizes, weights, bias);
        Agreement.Within("output", ReferenceActivation.Map(reference.Forward(input), input, (a, b) => a + b), output, Tolerance);
        Agreement.Within("gradient of x", ReferenceActivation.Map(reference.Backward(dy, input), dy, (a, b) => a + b), rig.X.Gradient, Tolerance);
        double largest = reference.Gradients.Values.Max(Agreement.RootMeanSquare);
        foreach (Parameter parameter in rig.Model.Parameters.Parameters)
        {
            Agreement.Within($"gradient of {parameter.Name}", reference.Gradients[Short(parameter)], parameter.Gradient.Span, Tolerance, terms: largest);
        }

        return reference;
    }

    private static string Short(Parameter parameter) => parameter.Role == ParameterRole.Router ? "router" : parameter.Name.Split('.')[^2].Replace("_proj", "", StringComparison.Ordinal);

    /// <summary>The layer between an input and a gradient of ones.</summary>
    private sealed class Rig : IDisposable
    {
        public Rig(MixtureOptions options, int rows, WorkerTeam team, bool checks = false, bool recomputed = false)
        {
            ModelBuilder builder = new(seed: 2);
            Layer = new MixtureOfExperts(builder, "mixture", options);
            Model = builder.Build(team);
            Tape = new Tape(team, training: true) { Checks = checks };
            X = Tape.Input("x", rows, options.Width, gradient: true);
            Y = recomputed ? Tape.Recomputed(() => Layer.Record(Tape, X, X)) : Layer.Record(Tape, X, X);
            Tape.Output(Y);
            Tape.Seed(Y);
            Tensors = [X, .. Model.Parameters.Parameters.Select(Tape.Parameter)];
            Tape.Compile();
        }

        public Tensor[] Tensors { get; }

        public MixtureOfExperts Layer { get; }

        public Model Model { get; }

        public Tape Tape { get; }

        public Tensor X { get; }

        public Tensor Y { get; }

        public void Run()
        {
            Tape.Forward();
            Y.Gradient.Fill(1);
            Tape.Backward();
        }

        public void Dispose()
        {
            Tape.Dispose();
            Model.Dispose();
        }
    }
}
