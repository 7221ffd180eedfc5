using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Layers;

/// <summary>What each layer declares, and that it computes its equation: plain loops in double beside it.</summary>
public sealed class LayersTests : IDisposable
{
    private const double Tolerance = 1e-5;
    private readonly WorkerTeam _team = new(1);
    private readonly ModelBuilder _builder = new(3);

    public void Dispose() => _team.Dispose();

    [Fact]
    public void Linear_is_torchs()
    {
        Linear layer = new(_builder, "layer", 50, 7);
        double[] x = Inputs(4 * 50);
        float[] y = Run(x, 4, layer);

        Assert.Equal(("layer.weight [7, 50]", "layer.bias [7]"), ($"{layer.Weight}", $"{layer.Bias}"));
        Assert.Equal((ParameterRole.Matrix, ParameterRole.Bias), (layer.Weight.Role, layer.Bias!.Role));
        float[] weight = Values(layer.Weight), bias = Values(layer.Bias);
        Assert.All(weight.Concat(bias), value => Assert.InRange(value, -1 / MathF.Sqrt(50), 1 / MathF.Sqrt(50)));
        Assert.InRange(weight.Max(MathF.Abs), 0.95f / MathF.Sqrt(50), 1);
        Equal(4 * 7, y, i => bias[i % 7] + Enumerable.Range(0, 50).Sum(k => x[(i / 7 * 50) + k] * weight[(i % 7 * 50) + k]));
    }

    [Fact]
    public void Linear_stored_the_other_way_round_without_a_bias()
    {
        Linear layer = new(_builder, "layer", 5, 3, bias: false, role: ParameterRole.Head, initializer: Initializers.Normal(1), layout: MatrixLayout.InOut);
        double[] x = Inputs(4 * 5);
        float[] y = Run(x, 4, layer);

        Assert.Null(layer.Bias);
        Assert.Equal("layer.weight [5, 3] Head", $"{layer.Weight} {layer.Weight.Role}");
        float[] weight = Values(layer.Weight);
        Equal(4 * 3, y, i => Enumerable.Range(0, 5).Sum(k => x[(i / 3 * 5) + k] * weight[(k * 3) + (i % 3)]));
    }

    [Fact]
    public void LayerNorm_has_a_gain_of_one_and_a_bias_of_zero_at_first()
    {
        LayerNorm layer = new(_builder, "norm", 6, epsilon: 0.1f);
        double[] x = Inputs(3 * 6);
        float[] y = Run(x, 3, layer);

        Assert.Equal(("norm.weight [6] Gain", "norm.bias [6] Bias"), ($"{layer.Weight} {layer.Weight.Role}", $"{layer.Bias} {layer.Bias!.Role}"));
        Assert.Null(new LayerNorm(new ModelBuilder(1), "norm", 6, bias: false).Bias);
        Equal(18, y, i =>
        {
            double[] row = x[(i / 6 * 6)..((i / 6 * 6) + 6)];
            return (x[i] - row.Average()) / Math.Sqrt(row.Average(v => Math.Pow(v - row.Average(), 2)) + 0.1);
        });
    }

    [Fact]
    public void RmsNorm_divides_by_the_root_of_the_mean_of_squares()
    {
        RmsNorm layer = new(_builder, "norm", 6, epsilon: 0.1f);
        double[] x = Inputs(3 * 6);

        Equal(18, Run(x, 3, layer), i => x[i] / Math.Sqrt(x[(i / 6 * 6)..((i / 6 * 6) + 6)].Average(v => v * v) + 0.1));
        Assert.Equal("norm.weight [6] Gain", $"{layer.Weight} {layer.Weight.Role}");
        Assert.Equal(1e-6f, new RmsNorm(new ModelBuilder(1), "norm", 6).Epsilon);
    }

    [Fact]
    public void BatchNorm_takes_the_running_statistics_at_inference_and_names_them_as_torch_does()
    {
        BatchNorm layer = new(_builder, "norm", 3, epsilon: 0.1f);
        double[] x = Inputs(5 * 3);
        float[] y = Run(x, 5, layer);

        Assert.Equal(["norm.weight [3] Gain", "norm.bias [3] Bias"], [$"{layer.Weight} {layer.Weight!.Role}", $"{layer.Bias} {layer.Bias.Role}"]);
        Assert.Equal(("norm.running_mean [3]", "norm.running_var [3]", true), ($"{layer.RunningMean}", $"{layer.RunningVariance}", layer.RunningMean.IsSaved));
        Equal(15, y, i => x[i] / Math.Sqrt(1 + 0.1));
    }

    [Fact]
    public void Frozen_filters_and_gains_are_buffers_that_a_step_reads()
    {
        ModelBuilder builder = new(seed: 1);
        Conv2d conv = new(builder, "conv", 2, 3, Window.Square(1), bias: false, frozen: true);
        BatchNorm norm = new(builder, "norm", 3, frozenWeight: true);
        using Model model = builder.Build();
        Assert.Equal(["norm.bias"], model.Parameters.Parameters.Select(parameter => parameter.Name));
        Assert.Equal(
            ["conv.weight [3, 2, 1, 1]", "norm.weight [3]", "norm.running_mean [3]", "norm.running_var [3]"], model.Parameters.Buffers.Select(buffer => buffer.ToString()));
        Assert.Equal([1, 1, 1], norm.FrozenWeight!.Values.Span.ToArray());
        ((float[])[1, 0, 0, 1, 2, 3]).CopyTo(conv.FrozenWeight!.Values.Span);
        using Tape tape = model.NewTape(training: false);
        Tensor x = tape.Input("x", new Images(1, 1, 2), channels: 2), y = conv.Record(tape, x);
        tape.Output(y);
        tape.Compile();
        ((float[])[1, 2, 3, 4]).CopyTo(x.Value);
        tape.Forward();
        Assert.Equal([1, 2, 8, 3, 4, 18], y.Value.ToArray());
    }

    [Fact]
    public void A_bag_of_words_is_the_mean_of_its_vectors()
    {
        Embedding words = new(_builder, "words", 9, 4);
        using Model model = _builder.Build(_team);
        using Tape tape = model.NewTape(training: false);
        TokenBuffer tokens = tape.Tokens("tokens", 6);
        Tensor mean = words.RecordMean(tape, tokens, count: 3);
        tape.Output(mean);
        tape.Compile();
        int[] values = [8, 0, 3, 3, 1, 7];
        values.CopyTo(tokens.Span);
        tape.Forward();

        float[] table = words.Weight.Weights.Span.ToArray();
        Equal(8, mean.Value.ToArray(), i => Enumerable.Range(0, 3).Average(k => (double)table[(values[(i / 4 * 3) + k] * 4) + (i % 4)]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Attention_has_values_of_a_width_of_their_own(bool fused)
    {
        const int Rows = 10, Width = 6, Heads = 4, Groups = 2, Key = 3, Value = 5;
        SelfAttentionOptions options = new() { Width = Width, Heads = Heads, KeyValueHeads = Groups, HeadWidth = Key, ValueWidth = Value, Window = 3, Fused = fused, Bias = false };
        SelfAttention layer = new(_builder, "attention", options);
        using Model model = _builder.Build(_team);
        Assert.Equal(
            fused
                ? ["attention.qkv.weight [28, 6]", "attention.output.weight [6, 20]"]
                : ["attention.query.weight [12, 6]", "attention.key.weight [6, 6]", "attention.value.weight [10, 6]", "attention.output.weight [6, 20]"],
            model.Parameters.Parameters.Select(parameter => $"{parameter}"));
        double[] x = Inputs(Rows * Width), all = Agreement.ToDoubles(model.Parameters.Parameters.SelectMany(Values).ToArray());
        int q = Heads * Key * Width, k = Groups * Key * Width, v = Groups * Value * Width;
        double[] attended = new ReferenceAttention(2, Rows / 2, Heads, Groups, Key, 3, Value)
            .Forward(Linear(x, all[..q], Width), Linear(x, all[q..(q + k)], Width), Linear(x, all[(q + k)..(q + k + v)], Width)).Output;
        double[] expected = Linear(attended, all[(q + k + v)..], Heads * Value);

        using Tape tape = model.NewTape(training: false);
        Tensor input = tape.Input("x", new Sequences(2, Rows / 2), Width), y = layer.Record(tape, input, input);
        tape.Output(y);
        tape.Compile();
        Agreement.ToFloats(x).CopyTo(input.Value);
        tape.Forward();
        Equal(Rows * Width, y.Value.ToArray(), i => x[i] + expected[i]);
        Assert.Throws<ArgumentException>(() => new SelfAttention(_builder, "other", options with { ValueWidth = 0 }));

        double[] Linear(double[] rows, double[] weight, int inputs) => ReferenceLinear.Forward(rows, weight, null, Rows, inputs, weight.Length / inputs);
    }

    [Fact]
    public void Dropout_does_nothing_at_inference_and_scales_what_it_keeps_in_training()
    {
        Dropout layer = new(_builder, "drop", 0.25);
        Linear unused = new(_builder, "unused", 1, 1);
        double[] x = Inputs(40 * 50);
        Assert.Equal(x.Select(value => (float)value), Run(x, 40, layer));

        ModelBuilder builder = new(3);
        Dropout training = new(builder, "drop", 0.25);
        Linear identity = new(builder, "linear", 50, 50);
        using Model model = builder.Build(_team);
        using Tape tape = model.NewTape(training: true);
        Tensor input = tape.Input("x", 40, 50), y = training.Record(tape, input);
        Loss loss = tape.MeanSquaredError(identity.Record(tape, y), tape.Input("target", 40, 50));
        tape.Output(y);
        tape.Compile();
        Array.ConvertAll(x, value => (float)value).CopyTo(input.Value);
        tape.Forward();
        float[] dropped = y.Value.ToArray();
        Assert.InRange(dropped.Count(value => value == 0) / 2000.0, 0.21, 0.29);
        Assert.All(dropped, (value, i) => Assert.True(value == 0 || Math.Abs(value - (x[i] / 0.75)) < 1e-5 * (1 + Math.Abs(x[i])), $"{value} of {x[i]}"));
        Assert.True(loss.Mean > 0);
        Assert.Throws<ArgumentException>(() => new Dropout(builder, "drop", 1));
        Assert.Equal(1, unused.Inputs);
    }

    [Fact]
    public void Embedding_looks_up_a_row_for_each_token_and_adds_that_of_its_position()
    {
        Embedding words = new(_builder, "words", 9, 4), places = new(_builder, "places", 5, 4, role: ParameterRole.Position);
        using Model model = _builder.Build(_team);
        using Tape tape = model.NewTape(training: false);
        TokenBuffer tokens = tape.Tokens("tokens", new Sequences(2, 3));
        Tensor plain = words.Record(tape, tokens), placed = words.Record(tape, tokens, places);
        tape.Output(plain);
        tape.Output(placed);
        tape.Compile();
        int[] values = [8, 0, 3, 3, 1, 7];
        values.CopyTo(tokens.Span);
        tape.Forward();

        Assert.Equal((9, 4, "words.weight [9, 4] Embedding", ParameterRole.Position), (words.Rows, words.Width, $"{words.Weight} {words.Weight.Role}", places.Weight.Role));
        float[] table = Values(words.Weight), positions = Values(places.Weight);
        Assert.Equal(1, Math.Sqrt(table.Average(v => (double)v * v)), 0.35);
        Equal(24, plain.Value.ToArray(), i => table[(values[i / 4] * 4) + (i % 4)]);
        Equal(24, placed.Value.ToArray(), i => table[(values[i / 4] * 4) + (i % 4)] + (double)positions[(i / 4 % 3 * 4) + (i % 4)]);
        Assert.Throws<ArgumentException>(() => new Embedding(new ModelBuilder(1), "words", 0, 4));
    }

    private float[] Run(double[] x, int rows, ILayer layer)
    {
        using Model model = _builder.Build(_team, gradients: false);
        using Tape tape = model.NewTape(training: false);
        Tensor input = tape.Input("x", rows, x.Length / rows);
        Tensor output = layer.Record(tape, input);
        tape.Output(output);
        tape.Compile();
        Array.ConvertAll(x, value => (float)value).CopyTo(input.Value);
        tape.Forward();
        _last = model.Parameters.Parameters.ToDictionary(p => p, p => p.Weights.Span.ToArray());
        return output.Value.ToArray();
    }

    private Dictionary<Parameter, float[]> _last = [];

    private float[] Values(Parameter parameter) => _last.TryGetValue(parameter, out float[]? values) ? values : parameter.Weights.Span.ToArray();

    private static double[] Inputs(int count) => new Reference.TestNumbers(8).Normals(count);

    private static void Equal(int count, float[] actual, Func<int, double> expected)
    {
        Assert.Equal(count, actual.Length);
        Assert.All(actual, (value, i) => Assert.Equal(expected(i), value, Tolerance * (1 + Math.Abs(expected(i)))));
    }
}
