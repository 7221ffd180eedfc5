namespace MuonSharp.Nn.Tests.Reference;

/// <summary>A mixture of experts written out, row by row and expert by expert, in double: no sorting of rows, no groups of products.</summary>
/// <remarks>Weights by name: router [experts, width], gate, up [experts, hidden, width], down [experts, width, hidden].</remarks>
internal sealed class ReferenceMixture(MixtureSizes sizes, IReadOnlyDictionary<string, double[]> weights, double[] bias)
{
    private readonly List<int[]> _chosen = [];
    private readonly List<double[]> _scores = [];

    public Dictionary<string, double[]> Gradients { get; } = weights.ToDictionary(pair => pair.Key, pair => new double[pair.Value.Length], StringComparer.Ordinal);

    /// <summary>Each row's experts, the best first, after <see cref="Forward"/>.</summary>
    public IReadOnlyList<int[]> Chosen => _chosen;

    public double[] Forward(double[] x)
    {
        _chosen.Clear();
        _scores.Clear();
        double[] y = new double[x.Length];
        for (int row = 0; row < x.Length / sizes.Width; row++)
        {
            double[] mine = x[(row * sizes.Width)..((row + 1) * sizes.Width)];
            double[] scores = Scores(mine);
            int[] chosen = Choose(scores);
            (double[] w, _) = Weigh(scores, chosen);
            _chosen.Add(chosen);
            _scores.Add(scores);
            for (int slot = 0; slot < chosen.Length; slot++)
            {
                double[] output = Expert(chosen[slot], mine).Output;
                for (int i = 0; i < sizes.Width; i++) y[(row * sizes.Width) + i] += w[slot] * output[i];
            }
        }

        return y;
    }

    /// <summary>The gradient of x; those of the weights are in <see cref="Gradients"/>.</summary>
    public double[] Backward(double[] dy, double[] x)
    {
        double[] dx = new double[x.Length];
        for (int row = 0; row < _chosen.Count; row++)
        {
            int first = row * sizes.Width;
            double[] mine = x[first..(first + sizes.Width)], d = dy[first..(first + sizes.Width)], scores = _scores[row];
            int[] chosen = _chosen[row];
            (double[] w, double sum) = Weigh(scores, chosen);
            double[] dw = new double[chosen.Length];
            for (int slot = 0; slot < chosen.Length; slot++)
            {
                (double[] output, double[] gate, double[] up) = Expert(chosen[slot], mine);
                for (int i = 0; i < sizes.Width; i++) dw[slot] += d[i] * output[i];
                ExpertBackward(chosen[slot], mine, gate, up, Array.ConvertAll(d, value => value * w[slot]), dx.AsSpan(first, sizes.Width));
            }

            double[] dz = ScoresBackward(scores, chosen, dw, sum);
            for (int expert = 0; expert < sizes.Experts; expert++)
            {
                for (int i = 0; i < sizes.Width; i++)
                {
                    Gradients["router"][(expert * sizes.Width) + i] += dz[expert] * mine[i];
                    dx[first + i] += dz[expert] * weights["router"][(expert * sizes.Width) + i];
                }
            }
        }

        return dx;
    }

    private double[] Scores(double[] x)
    {
        double[] z = new double[sizes.Experts];
        for (int expert = 0; expert < sizes.Experts; expert++)
            for (int i = 0; i < sizes.Width; i++) z[expert] += weights["router"][(expert * sizes.Width) + i] * x[i];
        if (!sizes.Softmax) return Array.ConvertAll(z, value => 1 / (1 + Math.Exp(-value)));
        double sum = z.Sum(Math.Exp);
        return Array.ConvertAll(z, value => Math.Exp(value) / sum);
    }

    /// <summary>By sorting, which keeps the order of equals.</summary>
    private int[] Choose(double[] scores)
    {
        int size = sizes.Experts / sizes.Groups;
        double[] ranked = [.. scores.Select((score, expert) => score + bias[expert])];
        int[] groups = [.. Enumerable.Range(0, sizes.Groups)
            .OrderByDescending(group => ranked[(group * size)..((group + 1) * size)].OrderDescending().Take(2).Sum())
            .Take(sizes.ActiveGroups)];
        return [.. Enumerable.Range(0, sizes.Experts).Where(expert => groups.Contains(expert / size)).OrderByDescending(expert => ranked[expert]).Take(sizes.Active)];
    }

    private (double[] Weights, double Sum) Weigh(double[] scores, int[] chosen)
    {
        double sum = sizes.Normalize ? chosen.Sum(expert => scores[expert]) : 1;
        return (Array.ConvertAll(chosen, expert => sizes.Scale * scores[expert] / sum), sum);
    }

    private double[] ScoresBackward(double[] scores, int[] chosen, double[] dw, double sum)
    {
        double[] dScores = new double[sizes.Experts];
        for (int a = 0; a < chosen.Length; a++)
            for (int b = 0; b < chosen.Length; b++)
            {
                // d (s_b / sum) / d s_a
                double slope = (a == b ? 1 / sum : 0) - (sizes.Normalize ? scores[chosen[b]] / (sum * sum) : 0);
                dScores[chosen[a]] += sizes.Scale * dw[b] * slope;
            }

        if (!sizes.Softmax) return [.. dScores.Select((d, expert) => d * scores[expert] * (1 - scores[expert]))];
        double[] dz = new double[sizes.Experts];
        for (int i = 0; i < sizes.Experts; i++)
            for (int j = 0; j < sizes.Experts; j++) dz[i] += dScores[j] * scores[j] * ((i == j ? 1 : 0) - scores[i]);
        return dz;
    }

    private (double[] Output, double[] Gate, double[] Up) Expert(int expert, double[] x)
    {
        double[] gate = Times("gate", expert, x, sizes.Hidden), up = Times("up", expert, x, sizes.Hidden);
        double[] hidden = [.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)];
        return (Times("down", expert, hidden, sizes.Width), gate, up);
    }

    private double[] Times(string name, int expert, double[] x, int outputs)
    {
        double[] y = new double[outputs];
        for (int o = 0; o < outputs; o++)
            for (int i = 0; i < x.Length; i++) y[o] += weights[name][(((expert * outputs) + o) * x.Length) + i] * x[i];
        return y;
    }

    private void ExpertBackward(int expert, double[] x, double[] gate, double[] up, double[] dy, Span<double> dx)
    {
        double[] dGate = new double[sizes.Hidden], dUp = new double[sizes.Hidden];
        for (int h = 0; h < sizes.Hidden; h++)
        {
            double sigmoid = 1 / (1 + Math.Exp(-gate[h])), silu = gate[h] * sigmoid, dHidden = 0;
            for (int o = 0; o < sizes.Width; o++)
            {
                int at = (((expert * sizes.Width) + o) * sizes.Hidden) + h;
                dHidden += dy[o] * weights["down"][at];
                Gradients["down"][at] += dy[o] * silu * up[h];
            }

            dGate[h] = dHidden * up[h] * (sigmoid + (silu * (1 - sigmoid)));
            dUp[h] = dHidden * silu;
        }

        foreach ((string name, double[] d) in new[] { ("gate", dGate), ("up", dUp) })
            for (int h = 0; h < sizes.Hidden; h++)
                for (int i = 0; i < sizes.Width; i++)
                {
                    int at = (((expert * sizes.Hidden) + h) * sizes.Width) + i;
                    Gradients[name][at] += d[h] * x[i];
                    dx[i] += d[h] * weights[name][at];
                }
    }
}

/// <summary>Sizes and forms of a mixture of experts.</summary>
internal sealed record MixtureSizes(
    int Width, int Hidden, int Experts, int Active, int Groups = 1, int ActiveGroups = 1, bool Softmax = false, bool Normalize = true, double Scale = 1)
{
    public MixtureOptions Options => new()
    {
        Width = Width,
        Hidden = Hidden,
        Experts = Experts,
        Routing = new RoutingOptions
        {
            Active = Active,
            Groups = Groups,
            ActiveGroups = ActiveGroups,
            Scoring = Softmax ? RouterScoring.Softmax : RouterScoring.Sigmoid,
            Normalize = Normalize,
            Scale = (float)Scale,
        },
    };
}
