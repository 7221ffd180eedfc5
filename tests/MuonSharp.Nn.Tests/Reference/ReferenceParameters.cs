namespace MuonSharp.Nn.Tests.Reference;

/// <summary>Named weights as they are stored, and their gradients in the same storage.</summary>
/// <param name="values">Weights by name.</param>
/// <param name="storedInOut">Linear weights are stored [in, out] (GPT-2), not [out, in].</param>
internal sealed class ReferenceParameters(IReadOnlyDictionary<string, double[]> values, bool storedInOut)
{
    public Dictionary<string, double[]> Gradients { get; } = values.ToDictionary(v => v.Key, v => new double[v.Value.Length], StringComparer.Ordinal);

    public double[] this[string name] => values[name];

    public double[]? Optional(string name) => values.GetValueOrDefault(name);

    public void Add(string name, double[] gradient)
    {
        double[] sum = Gradients[name];
        Assert.Equal(sum.Length, gradient.Length);
        for (int i = 0; i < sum.Length; i++) sum[i] += gradient[i];
    }

    /// <summary>y = x Wᵀ + b with the weight [name].weight and, if there is one, [name].bias.</summary>
    public double[] Linear(string name, double[] x, int fanIn, int fanOut) =>
        ReferenceLinear.Forward(x, Matrix(name, fanIn, fanOut), Optional(name + ".bias"), x.Length / fanIn, fanIn, fanOut);

    /// <summary>Adds the gradients of weight and bias, and returns that of the input.</summary>
    public double[] LinearBackward(string name, double[] dy, double[] x, int fanIn, int fanOut)
    {
        int tokens = x.Length / fanIn;
        double[] dWeight = ReferenceLinear.BackwardWeight(dy, x, tokens, fanIn, fanOut);
        Add(name + ".weight", storedInOut ? ReferenceLinear.Transpose(dWeight, fanOut, fanIn) : dWeight);
        if (Optional(name + ".bias") is not null) Add(name + ".bias", ReferenceLinear.BackwardBias(dy, tokens, fanOut));
        return ReferenceLinear.BackwardInput(dy, Matrix(name, fanIn, fanOut), tokens, fanIn, fanOut);
    }

    private double[] Matrix(string name, int fanIn, int fanOut)
    {
        double[] weight = values[name + ".weight"];
        Assert.Equal(fanIn * fanOut, weight.Length);
        return storedInOut ? ReferenceLinear.Transpose(weight, fanIn, fanOut) : weight;
    }
}
