namespace MuonSharp.Nn.Tests.Reference;

/// <summary>
/// DeepSeek-V3's attention written out: q = B(norm(A x)) or Q x, [c, r] = C x, [k, v] = D(norm(c)) alternating by head. The last columns of each head's q and the one r of
/// all heads turn in neighbouring pairs; a head's key is its k beside r; y = O(attention). Weights are [out, in], by the names of the checkpoints, biases by name.bias.
/// </summary>
internal sealed class ReferenceLatentAttention(LatentSizes sizes, IReadOnlyDictionary<string, double[]> weights, int[] positions, int time, int? window)
{
    private readonly Dictionary<string, double[]> _gradients = new(StringComparer.Ordinal);
    private readonly ReferenceAttention _attention =
        new(positions.Length / time, time, sizes.Heads, sizes.Heads, sizes.Plain + sizes.Turned, window, sizes.Value) { Positions = positions };
    private double[] _x = [], _a = [], _normedA = [], _compressed = [], _normedC = [], _q = [], _k = [], _v = [], _attended = [];

    public IReadOnlyDictionary<string, double[]> Gradients => _gradients;

    private int Rows => positions.Length;

    private int Key => sizes.Plain + sizes.Turned;

    public double[] Forward(double[] x)
    {
        _x = x;
        double[] q = sizes.QueryRank == 0 ? Linear("q_proj", x, sizes.Width, sizes.Heads * Key) : LowRankQuery(x);
        double[] both = Linear("kv_a_proj_with_mqa", x, sizes.Width, sizes.Rank + sizes.Turned);
        _compressed = Columns(both, sizes.Rank + sizes.Turned, 0, sizes.Rank);
        double[] shared = Turn(Columns(both, sizes.Rank + sizes.Turned, sizes.Rank, sizes.Turned), 1, sizes.Turned, 1);
        _normedC = ReferenceRmsNorm.Forward(_compressed, weights["kv_a_layernorm"], Rows, sizes.Rank, sizes.Epsilon);
        double[] kv = Linear("kv_b_proj", _normedC, sizes.Rank, sizes.Heads * (sizes.Plain + sizes.Value));
        _q = Scaled(Turn(q, sizes.Heads, Key, 1));
        (_k, _v) = (new double[Rows * sizes.Heads * Key], new double[Rows * sizes.Heads * sizes.Value]);
        for (int i = 0; i < Rows * sizes.Heads; i++)
        {
            for (int d = 0; d < sizes.Plain; d++) _k[(i * Key) + d] = kv[(i * (sizes.Plain + sizes.Value)) + d];
            for (int d = 0; d < sizes.Turned; d++) _k[(i * Key) + sizes.Plain + d] = shared[(i / sizes.Heads * sizes.Turned) + d];
            for (int d = 0; d < sizes.Value; d++) _v[(i * sizes.Value) + d] = kv[(i * (sizes.Plain + sizes.Value)) + sizes.Plain + d];
        }

        _attended = _attention.Forward(_q, _k, _v).Output;
        return Linear("o_proj", _attended, sizes.Heads * sizes.Value, sizes.Width);
    }

    /// <summary>The gradient of x; those of the weights are in <see cref="Gradients"/>.</summary>
    public double[] Backward(double[] dy)
    {
        double[] dAttended = LinearBackward("o_proj", dy, _attended, sizes.Heads * sizes.Value, sizes.Width);
        (double[] dq, double[] dk, double[] dv) = _attention.Backward(dAttended, _q, _k, _v);
        dq = Turn(Scaled(dq), sizes.Heads, Key, -1);
        double[] dkv = new double[Rows * sizes.Heads * (sizes.Plain + sizes.Value)], dShared = new double[Rows * sizes.Turned];
        for (int i = 0; i < Rows * sizes.Heads; i++)
        {
            for (int d = 0; d < sizes.Plain; d++) dkv[(i * (sizes.Plain + sizes.Value)) + d] = dk[(i * Key) + d];
            for (int d = 0; d < sizes.Turned; d++) dShared[(i / sizes.Heads * sizes.Turned) + d] += dk[(i * Key) + sizes.Plain + d];
            for (int d = 0; d < sizes.Value; d++) dkv[(i * (sizes.Plain + sizes.Value)) + sizes.Plain + d] = dv[(i * sizes.Value) + d];
        }

        double[] dNormedC = LinearBackward("kv_b_proj", dkv, _normedC, sizes.Rank, sizes.Heads * (sizes.Plain + sizes.Value));
        double[] dCompressed = NormBackward("kv_a_layernorm", dNormedC, _compressed, sizes.Rank);
        dShared = Turn(dShared, 1, sizes.Turned, -1);
        double[] dBoth = new double[Rows * (sizes.Rank + sizes.Turned)];
        for (int i = 0; i < dBoth.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, sizes.Rank + sizes.Turned);
            dBoth[i] = column < sizes.Rank ? dCompressed[(row * sizes.Rank) + column] : dShared[(row * sizes.Turned) + column - sizes.Rank];
        }

        return ReferenceActivation.Map(
            sizes.QueryRank == 0 ? LinearBackward("q_proj", dq, _x, sizes.Width, sizes.Heads * Key) : LowRankQueryBackward(dq),
            LinearBackward("kv_a_proj_with_mqa", dBoth, _x, sizes.Width, sizes.Rank + sizes.Turned),
            (a, b) => a + b);
    }

    private double[] LowRankQuery(double[] x)
    {
        _a = Linear("q_a_proj", x, sizes.Width, sizes.QueryRank);
        _normedA = ReferenceRmsNorm.Forward(_a, weights["q_a_layernorm"], Rows, sizes.QueryRank, sizes.Epsilon);
        return Linear("q_b_proj", _normedA, sizes.QueryRank, sizes.Heads * Key);
    }

    private double[] LowRankQueryBackward(double[] dq)
    {
        double[] dNormedA = LinearBackward("q_b_proj", dq, _normedA, sizes.QueryRank, sizes.Heads * Key);
        return LinearBackward("q_a_proj", NormBackward("q_a_layernorm", dNormedA, _a, sizes.QueryRank), _x, sizes.Width, sizes.QueryRank);
    }

    private double[] Scaled(double[] q) => Array.ConvertAll(q, value => value * sizes.Scale);

    /// <summary>Turns the last columns of each head, pair (2i, 2i + 1) by position · theta^(-2i/turned).</summary>
    private double[] Turn(double[] x, int heads, int width, int direction)
    {
        double[] y = [.. x];
        for (int row = 0; row < Rows; row++)
            for (int head = 0; head < heads; head++)
                for (int i = 0; i < sizes.Turned / 2; i++)
                {
                    int at = (((row * heads) + head) * width) + width - sizes.Turned + (2 * i);
                    double angle = direction * positions[row] * Math.Pow(sizes.Theta, -2.0 * i / sizes.Turned);
                    y[at] = (x[at] * Math.Cos(angle)) - (x[at + 1] * Math.Sin(angle));
                    y[at + 1] = (x[at + 1] * Math.Cos(angle)) + (x[at] * Math.Sin(angle));
                }
        return y;
    }

    private double[] Columns(double[] x, int width, int first, int count)
    {
        double[] y = new double[Rows * count];
        for (int i = 0; i < y.Length; i++) y[i] = x[(i / count * width) + first + (i % count)];
        return y;
    }

    private double[] Linear(string name, double[] x, int fanIn, int fanOut) => ReferenceLinear.Forward(x, weights[name], weights.GetValueOrDefault(name + ".bias"), Rows, fanIn, fanOut);

    private double[] LinearBackward(string name, double[] dy, double[] x, int fanIn, int fanOut)
    {
        _gradients[name] = ReferenceLinear.BackwardWeight(dy, x, Rows, fanIn, fanOut);
        if (weights.ContainsKey(name + ".bias")) _gradients[name + ".bias"] = ReferenceLinear.BackwardBias(dy, Rows, fanOut);
        return ReferenceLinear.BackwardInput(dy, weights[name], Rows, fanIn, fanOut);
    }

    private double[] NormBackward(string name, double[] dy, double[] x, int width)
    {
        (double[] dx, _gradients[name]) = ReferenceRmsNorm.Backward(dy, x, weights[name], Rows, width, sizes.Epsilon);
        return dx;
    }
}

/// <summary>Sizes of latent attention: columns of a head that do not turn and that do, of its value; ranks of the compressed queries (0: they are not) and of keys and values.</summary>
internal sealed record LatentSizes(
    int Width, int Heads, int Plain, int Turned, int Value, int QueryRank, int Rank, double Theta = 10000, double Epsilon = 1e-6, double Scale = 1);
