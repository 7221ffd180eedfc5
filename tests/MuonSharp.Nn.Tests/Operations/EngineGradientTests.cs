using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Operations;

/// <summary>
/// The engine's gradients straight against central differences of the double-precision forward, with no hand-written backward between:
/// a chain of all kinds of operations, small enough to look at every weight.
/// </summary>
public class EngineGradientTests
{
    private const int Batch = 2, Time = 5, Vocabulary = 7, Heads = 2, Groups = 1, HeadWidth = 4, Width = 9, Hidden = 6;
    private readonly int[] _tokens = new TestNumbers(1).Tokens(Batch * Time, Vocabulary);
    private readonly Dictionary<string, double[]> _weights = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(3)]
    public void Every_gradient_of_a_chain_of_operations_is_the_derivative(int? window)
    {
        using OperationRig rig = new() { Sequences = new(Batch, Time) };
        Tape tape = rig.Tape;
        Tensor Matrix(string name, int rows, int columns, double scale) => _tensors[name] = rig.Parameter(name, rows, _weights[name] = rig.Random(rows * columns, scale));
        Tensor Vector(string name, int length) => _tensors[name] = rig.Vector(name, _weights[name] = rig.Random(length, 0.3, 0.8));

        Tensor x = tape.Embedding(rig.Tokens(_tokens), Matrix("table", Vocabulary, Width, 1), Matrix("positions", Time, Width, 1));
        Tensor n = tape.LayerNorm(x, Vector("gain", Width), Vector("shift", Width));
        Tensor q = tape.Rotary(tape.Linear(n, Matrix("q", Heads * HeadWidth, Width, 0.5), Vector("q.bias", Heads * HeadWidth)), HeadWidth);
        Tensor k = tape.Rotary(tape.Linear(n, Matrix("k", Groups * HeadWidth, Width, 0.5)), HeadWidth);
        Tensor v = tape.Linear(n, Matrix("v", Groups * HeadWidth, Width, 0.5));
        AttentionShape shape = new() { Heads = Heads, KeyValueHeads = Groups, HeadWidth = HeadWidth, Window = window };
        Tensor middle = tape.Linear(tape.Attention(q, k, v, shape).Output, Matrix("o", Width, Heads * HeadWidth, 0.5), residual: x);
        Tensor m = tape.RmsNorm(middle, Vector("rms", Width));
        Tensor swiglu = tape.SwiGlu(tape.Linear(m, Matrix("gate", Hidden, Width, 0.5)), tape.Linear(m, Matrix("up", Hidden, Width, 0.5)));
        Tensor gelu = tape.Linear(m, Matrix("fc", Hidden, Width, 0.5), activation: Activation.Gelu);
        Tensor relu = tape.Activate(tape.Linear(m, Matrix("fr", Hidden, Width, 0.5)), Activation.ReluSquared);
        Tensor y = tape.Add(middle, tape.Linear(tape.Add(tape.Add(swiglu, gelu), relu), Matrix("down", Width, Hidden, 0.5)));

        double[] dy = rig.Random(Batch * Time * Width);
        tape.Output(y);
        tape.Seed(y);
        tape.Compile();
        tape.Forward();
        Agreement.Within("output", Output(window), y.Value, 1e-5);
        Agreement.ToFloats(dy).CopyTo(y.Gradient);
        tape.Backward();
        foreach ((string name, double[] values) in _weights)
        {
            CentralDifferences.Check(
                name, () => CentralDifferences.Functional(dy, Output(window)), values, Agreement.ToDoubles(_tensors[name].Gradient), 2e-5, samples: 200, terms: 1);
        }
    }

    private double[] Output(int? window)
    {
        const int Tokens = Batch * Time;
        double[] Linear(double[] input, string name, int fanOut, string? bias = null) =>
            ReferenceLinear.Forward(input, _weights[name], bias is null ? null : _weights[bias], Tokens, input.Length / Tokens, fanOut);

        double[] x = Sum(
            ReferenceEmbedding.Forward(_tokens, _weights["table"], Width),
            ReferenceEmbedding.Forward(ReferenceEmbedding.Positions(Batch, Time), _weights["positions"], Width));
        double[] n = ReferenceLayerNorm.Forward(x, _weights["gain"], _weights["shift"], Tokens, Width, 1e-5);
        double[] q = ReferenceRotary.Turn(Linear(n, "q", Heads * HeadWidth, "q.bias"), ReferenceEmbedding.Positions(Batch, Time), Heads, HeadWidth, 10000, 1);
        double[] k = ReferenceRotary.Turn(Linear(n, "k", Groups * HeadWidth), ReferenceEmbedding.Positions(Batch, Time), Groups, HeadWidth, 10000, 1);
        double[] attended = new ReferenceAttention(Batch, Time, Heads, Groups, HeadWidth, window).Forward(q, k, Linear(n, "v", Groups * HeadWidth)).Output;
        double[] middle = Sum(x, Linear(attended, "o", Width));
        double[] m = ReferenceRmsNorm.Forward(middle, _weights["rms"], Tokens, Width, 1e-6);
        double[] active = Sum(
            ReferenceActivation.SwiGlu(Linear(m, "gate", Hidden), Linear(m, "up", Hidden)),
            Sum(ReferenceActivation.Map(Linear(m, "fc", Hidden), ReferenceActivation.Gelu), ReferenceActivation.Map(Linear(m, "fr", Hidden), ReferenceActivation.ReluSquared)));
        return Sum(middle, Linear(active, "down", Width));
    }

    private static double[] Sum(double[] a, double[] b) => ReferenceActivation.Map(a, b, (x, y) => x + y);
}
