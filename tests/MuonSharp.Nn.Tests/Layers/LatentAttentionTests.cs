using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;
using MuonSharp.Numerics.Tests;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Layers;

/// <summary>Latent attention: against plain loops in double, against differences, its heads under QK-clip, and a whole DeepSeek-V3 against transformers.</summary>
public sealed class LatentAttentionTests : IDisposable
{
    private const double Tolerance = 5e-5;
    private readonly WorkerTeam _team = new(2);

    public void Dispose() => _team.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Output_and_all_gradients_are_those_of_plain_loops(bool checks)
    {
        for (int number = 0; number < 40; number++)
        {
            TestNumbers numbers = new(400 + (ulong)number);

            // An epsilon that bounds what the norms magnify: of two columns that are nearly zero they would make a thousand times their rounding errors.
            LatentSizes sizes = new(
                1 + numbers.Below(30), 1 + numbers.Below(4), 1 + numbers.Below(20), 2 * (1 + numbers.Below(6)), 1 + numbers.Below(20), number % 5 == 1 ? 0 : 1 + numbers.Below(20), 1 + numbers.Below(20),
                Theta: numbers.Below(2) == 0 ? 10000 : 50, Epsilon: 0.01, Scale: number % 4 == 1 ? 1.5 : 1);
            int batch = 1 + numbers.Below(2), time = number % 8 == 0 ? 140 : 1 + numbers.Below(16);
            int[]? documents = number % 2 == 0 ? null : numbers.Documents(batch, time, 200);
            int? window = number % 3 == 0 ? 1 + numbers.Below(time) : null;
            Exception? error = Record.Exception(() => Check(sizes, batch, time, documents, window, numbers, checks));
            Assert.True(error is null, $"case {number}: {sizes}, {batch} x {time}, window {window}, positions {string.Join(' ', documents ?? [])}{Environment.NewLine}{error}");
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(0)]
    public void Gradients_are_those_of_differences(int queryRank)
    {
        LatentSizes sizes = new(12, 3, 6, 4, 5, queryRank, 9);
        ModelBuilder builder = new(seed: 2);
        LatentAttention layer = new(builder, "attention", Options(sizes) with { Bias = queryRank == 0 });
        using Model model = builder.Build(_team);
        using Tape tape = new(_team, training: true) { Checks = true };
        Tensor x = tape.Input("x", tape.Packed(2, 8), sizes.Width, gradient: true);
        Tensor y = layer.Record(tape, x, x);
        Tensor[] tensors = [x, .. model.Parameters.Parameters.Select(tape.Parameter)];
        tape.Output(y);
        tape.Seed(y);
        tape.Compile();
        new RandomStream(1, "x").FillNormal(x.Value, 0, 0);
        x.Sequences!.Positions!.Span[5] = 0;
        GradientCheck.Run(tape, y, tensors).ThrowIfFailed();
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        using var team = new WorkerTeam(1);
        ModelBuilder builder = new(seed: 2);
        LatentAttention layer = new(builder, "attention", Options(new LatentSizes(12, 3, 6, 4, 5, 7, 9)));
        using Model model = builder.Build(team);
        using Tape tape = model.NewTape(training: true);
        Tensor x = tape.Input("x", tape.Packed(2, 70), 12, gradient: true), y = layer.Record(tape, x, x);
        tape.Seed(y);
        tape.Compile();
        new RandomStream(1, "x").FillNormal(x.Value, 0, 0);
        Assert.Equal(0, ManagedBytes.LeastOf(() =>
        {
            tape.Forward();
            y.Gradient.Fill(1);
            tape.Backward();
        }));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(0)]
    public void After_a_clip_the_same_batch_has_each_heads_maximum_times_its_factor(int queryRank)
    {
        LatentSizes sizes = new(12, 4, 6, 4, 5, queryRank, 9);
        ModelBuilder builder = new(seed: 2);
        LatentAttention layer = new(builder, "attention", Options(sizes) with { Bias = true, Initializer = Initializers.Normal(0.6) });
        using Model model = builder.Build(_team);
        using Tape tape = model.NewTape(training: false);
        Tensor x = tape.Input("x", new Sequences(2, 30), sizes.Width);
        tape.Output(layer.Record(tape, x, x));
        tape.Compile();
        float[] input = Agreement.ToFloats(new TestNumbers(3).Normals(60 * sizes.Width, 3));
        float[] before = Maxima();
        using QkClip clip = new(model.AttentionHeads, tau: 0.7 * before.Order().ElementAt(before.Length / 2));
        clip.Observe(before);
        QkClipReport report = clip.Apply(skipped: false);
        float[] after = Maxima();

        Assert.InRange(report.ClippedHeads, 1, 4);
        for (int head = 0; head < 4; head++) Assert.Equal(report[head].Factor * before[head], after[head], 1e-5 * Math.Abs(before[head]));

        float[] Maxima()
        {
            input.CopyTo(x.Value);
            tape.Forward();
            return SelfAttention.MaximumLogits(tape).Single().Value.ToArray();
        }
    }

    [Fact]
    public void Each_head_of_the_projections_by_head_is_a_matrix_to_orthogonalize_alone()
    {
        ModelBuilder builder = new(seed: 2);
        _ = new LatentAttention(builder, "attention", Options(new LatentSizes(12, 3, 6, 4, 5, 7, 9)));
        (string Name, int Rows)[] expected = [("q_b_proj.weight", 10), ("kv_b_proj.weight", 11)];
        foreach ((string name, int rows) in expected)
        {
            Parameter weight = builder.Parameters.Single(parameter => parameter.Name == $"attention.{name}");
            Assert.Equal([rows, rows, rows], weight.Layout.PerHead().Matrices(weight.Shape).Select(matrix => matrix.Rows));
            Assert.Single(weight.Matrices);
        }
    }

    [Theory]
    [InlineData("KeyValueRank", 0, "[latent attention] sizes are 1 or more; 'block.attention' has width 12, 3 heads, ranks 7 and 0, plain width 6, value width 5")]
    [InlineData("RotaryWidth", 3, "[latent attention] an even number of columns is turned, two by each frequency; 'block.attention' has rotary width 3, frequencies for 4")]
    public void What_does_not_fit_is_refused(string option, int value, string message)
    {
        LatentAttentionOptions options = Options(new LatentSizes(12, 3, 6, 4, 5, 7, 9));
        options = option == "RotaryWidth" ? options with { RotaryWidth = value } : options with { KeyValueRank = value };
        ArgumentException error = Assert.Throws<ArgumentException>(() => new LatentAttention(new ModelBuilder(seed: 2).Scope("block"), "attention", options));
        Assert.Equal(message, error.Message);
    }

    /// <summary>Two blocks with random weights, from transformers 5.23 on torch 2.14: logits, loss and the gradient of every tensor.</summary>
    [Fact]
    public void A_whole_DeepSeek_V3_agrees_with_transformers()
    {
        const int Layers = 2, Vocabulary = 101;
        GoldenModel golden = new("deepseek-v3-dense");
        LatentSizes sizes = new(48, 4, 16, 8, 12, 24, 16);
        ModelBuilder builder = new(seed: 1), scope = builder.Scope("model");
        LanguageNetwork network = new()
        {
            Tokens = new Embedding(scope, "embed_tokens", Vocabulary, sizes.Width),
            Blocks = [.. Enumerable.Range(0, Layers).Select(layer => Block(scope.Scope($"layers.{layer}"), sizes))],
            FinalNorm = new RmsNorm(scope, "norm", sizes.Width),
            Head = builder.Parameter("lm_head.weight", [Vocabulary, sizes.Width], ParameterRole.Head, Initializers.Zeros),
        };
        using Model model = builder.Build(_team);
        Assert.Equal(golden.Weights.Keys.Order(StringComparer.Ordinal), model.Parameters.Parameters.Select(parameter => parameter.Name).Order(StringComparer.Ordinal));
        foreach (Parameter parameter in model.Parameters.Parameters) Agreement.ToFloats(golden.Weights[parameter.Name]).CopyTo(parameter.Weights.Span);

        using Tape tape = model.NewTape(training: true);
        TokenBuffer tokens = tape.Tokens("tokens", new Sequences(golden.Batch, golden.Time)), targets = tape.Tokens("targets", tokens.Length);
        Tensor logits = tape.Linear(network.Record(tape, tokens), tape.Parameter(network.Head));
        Loss loss = tape.CrossEntropy(logits, targets);
        tape.Output(logits);
        tape.Compile();
        golden.Inputs.CopyTo(tokens.Span);
        golden.Targets.CopyTo(targets.Span);
        tape.Forward();
        tape.Backward();

        Assert.Equal(golden.Expected["loss"][0], loss.Mean, golden.LossTolerance);
        double[] expected = golden.Expected["logits"];
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], logits.Value[i], golden.LogitsTolerance);
        foreach (Parameter parameter in model.Parameters.Parameters)
        {
            double distance = Agreement.RelativeDistance(golden.Expected["gradient/" + parameter.Name], parameter.Gradient.Span);
            Assert.True(distance < golden.GradientTolerance / 10, $"{parameter.Name}: the gradients lie {distance:E1} apart");
        }
    }

    private static TransformerBlock Block(ModelBuilder scope, LatentSizes sizes)
    {
        FeedForwardOptions feedForward = new()
        {
            Width = sizes.Width,
            Hidden = 80,
            Gated = true,
            Activation = Activation.Silu,
            Bias = false,
            GateName = "gate_proj",
            UpName = "up_proj",
            DownName = "down_proj",
        };
        return new TransformerBlock(
            new RmsNorm(scope, "input_layernorm", sizes.Width), new LatentAttention(scope, "self_attn", Options(sizes)),
            new RmsNorm(scope, "post_attention_layernorm", sizes.Width), new FeedForward(scope, "mlp", feedForward));
    }

    private void Check(LatentSizes sizes, int batch, int time, int[]? documents, int? window, TestNumbers numbers, bool checks)
    {
        ModelBuilder builder = new(seed: 2);
        LatentAttention layer = new(builder, "attention", Options(sizes) with { Window = window, Bias = sizes.QueryRank == 0 || sizes.Scale > 1 });
        using Model model = builder.Build(_team);
        Dictionary<string, double[]> weights = new(StringComparer.Ordinal);
        foreach (Parameter parameter in model.Parameters.Parameters)
        {
            double[] values = parameter.Role == ParameterRole.Gain ? numbers.Normals(parameter.Length, 0.3, 1) : numbers.Normals(parameter.Length, 1 / Math.Sqrt(parameter.Shape[^1]));
            weights.Add(Short(parameter), values);
            Agreement.ToFloats(values).CopyTo(parameter.Weights.Span);
        }

        using Tape tape = new(_team, training: true) { Checks = checks };
        Sequences sequences = documents is null ? new Sequences(batch, time) : tape.Packed(batch, time, 200);
        documents?.CopyTo(sequences.Positions!.Span);
        Tensor x = tape.Input("x", sequences, sizes.Width, gradient: true), y = layer.Record(tape, x, x);
        tape.Output(y);
        tape.Seed(y);
        tape.Compile();
        double[] input = numbers.Normals(batch * time * sizes.Width), dy = numbers.Normals(input.Length);
        Agreement.ToFloats(input).CopyTo(x.Value);
        tape.Forward();
        Agreement.ToFloats(dy).CopyTo(y.Gradient);
        float[] output = y.Value.ToArray();
        tape.Backward();

        ReferenceLatentAttention reference = new(sizes, weights, documents ?? ReferenceEmbedding.Positions(batch, time), time, window);
        Agreement.Within("output", ReferenceActivation.Map(reference.Forward(input), input, (a, b) => a + b), output, Tolerance);
        Agreement.Within("gradient of x", ReferenceActivation.Map(reference.Backward(dy), dy, (a, b) => a + b), x.Gradient, Tolerance);
        Assert.Equal(weights.Keys.Order(StringComparer.Ordinal), reference.Gradients.Keys.Order(StringComparer.Ordinal));
        double largest = reference.Gradients.Values.Max(Agreement.RootMeanSquare);
        foreach (Parameter parameter in model.Parameters.Parameters)
        {
            Agreement.Within($"gradient of {parameter.Name}", reference.Gradients[Short(parameter)], parameter.Gradient.Span, Tolerance, terms: largest);
        }
    }

    private static LatentAttentionOptions Options(LatentSizes sizes) => new()
    {
        Width = sizes.Width,
        Heads = sizes.Heads,
        QueryRank = sizes.QueryRank == 0 ? null : sizes.QueryRank,
        KeyValueRank = sizes.Rank,
        PlainWidth = sizes.Plain,
        RotaryWidth = sizes.Turned,
        ValueWidth = sizes.Value,
        Frequencies = RotaryFrequencies.Powers(sizes.Turned, sizes.Theta),
        ScaleFactor = sizes.Scale,
        Epsilon = (float)sizes.Epsilon,
    };

    /// <summary>The name that the reference knows: without the layer's, and without that of a weight.</summary>
    private static string Short(Parameter parameter) => parameter.Name["attention.".Length..].Replace(".weight", "", StringComparison.Ordinal);
}
