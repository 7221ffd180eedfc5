namespace MuonSharp.Nn.Tests.Reference;

/// <summary>The references themselves: every hand-written backward against central differences of its forward, and known values.</summary>
public class ReferenceOperationTests
{
    private const double Tolerance = 1e-6;
    private readonly TestNumbers _numbers = new(11);

    [Fact]
    public void Embedding_backward_is_the_derivative()
    {
        int[] tokens = [2, 0, 2, 3];
        double[] table = _numbers.Normals(5 * 3), dy = _numbers.Normals(12);
        CentralDifferences.Check("table", () => CentralDifferences.Functional(dy, ReferenceEmbedding.Forward(tokens, table, 3)), table,
            ReferenceEmbedding.Backward(tokens, dy, 5, 3), Tolerance);
    }

    [Fact]
    public void Linear_backward_is_the_derivative()
    {
        double[] x = _numbers.Normals(3 * 4), w = _numbers.Normals(5 * 4), b = _numbers.Normals(5), dy = _numbers.Normals(15);
        double F() => CentralDifferences.Functional(dy, ReferenceLinear.Forward(x, w, b, 3, 4, 5));
        CentralDifferences.Check("x", F, x, ReferenceLinear.BackwardInput(dy, w, 3, 4, 5), Tolerance);
        CentralDifferences.Check("weight", F, w, ReferenceLinear.BackwardWeight(dy, x, 3, 4, 5), Tolerance);
        CentralDifferences.Check("bias", F, b, ReferenceLinear.BackwardBias(dy, 3, 5), Tolerance);
    }

    [Fact]
    public void LayerNorm_backward_is_the_derivative()
    {
        double[] x = _numbers.Normals(3 * 7, 2, 1), gain = _numbers.Normals(7), bias = _numbers.Normals(7), dy = _numbers.Normals(21);
        double F() => CentralDifferences.Functional(dy, ReferenceLayerNorm.Forward(x, gain, bias, 3, 7, 1e-5));
        (double[] dx, double[] dGain, double[] dBias) = ReferenceLayerNorm.Backward(dy, x, gain, 3, 7, 1e-5);
        CentralDifferences.Check("x", F, x, dx, Tolerance);
        CentralDifferences.Check("gain", F, gain, dGain, Tolerance);
        CentralDifferences.Check("bias", F, bias, dBias, Tolerance);
    }

    [Fact]
    public void RmsNorm_backward_is_the_derivative()
    {
        double[] x = _numbers.Normals(3 * 7, 2, 1), gain = _numbers.Normals(7), dy = _numbers.Normals(21);
        double F() => CentralDifferences.Functional(dy, ReferenceRmsNorm.Forward(x, gain, 3, 7, 1e-5));
        (double[] dx, double[] dGain) = ReferenceRmsNorm.Backward(dy, x, gain, 3, 7, 1e-5);
        CentralDifferences.Check("x", F, x, dx, Tolerance);
        CentralDifferences.Check("gain", F, gain, dGain, Tolerance);
    }

    [Fact]
    public void Rotary_backward_is_the_derivative_and_undoes_the_turn()
    {
        int[] positions = [0, 1, 2, 7, 8, 0];
        double[] x = _numbers.Normals(2 * 3 * 2 * 6), dy = _numbers.Normals(x.Length);
        double F() => CentralDifferences.Functional(dy, ReferenceRotary.Turn(x, positions, 2, 6, 10000, 1));
        CentralDifferences.Check("x", F, x, ReferenceRotary.Turn(dy, positions, 2, 6, 10000, -1), Tolerance, samples: 72);
        double[] back = ReferenceRotary.Turn(ReferenceRotary.Turn(x, positions, 2, 6, 10000, 1), positions, 2, 6, 10000, -1);
        Assert.All(back.Zip(x), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
    }

    [Theory]
    [InlineData(2, 2, null)]
    [InlineData(4, 2, null)]
    [InlineData(2, 1, 1)]
    [InlineData(2, 1, 3)]
    [InlineData(2, 2, null, 5)]
    [InlineData(4, 2, 3, 2, true)]
    public void Attention_backward_is_the_derivative(int heads, int groups, int? window, int valueWidth = 3, bool packed = false)
    {
        int[]? positions = packed ? [3, 4, 0, 1, 2, 0, 0, 1, 2, 3] : null;
        ReferenceAttention attention = new(2, 5, heads, groups, 3, window, valueWidth) { Positions = positions };
        double[] q = _numbers.Normals(10 * heads * 3), k = _numbers.Normals(10 * groups * 3), v = _numbers.Normals(10 * groups * valueWidth), dy = _numbers.Normals(10 * heads * valueWidth);
        double F() => CentralDifferences.Functional(dy, attention.Forward(q, k, v).Output);
        (double[] dq, double[] dk, double[] dv) = attention.Backward(dy, q, k, v);
        CentralDifferences.Check("q", F, q, dq, Tolerance, samples: 120);
        CentralDifferences.Check("k", F, k, dk, Tolerance, samples: 120);
        CentralDifferences.Check("v", F, v, dv, Tolerance, samples: 120);
    }

    [Fact]
    public void Attention_with_a_window_of_one_returns_the_own_value_and_the_own_logit()
    {
        double[] q = _numbers.Normals(4 * 3), k = _numbers.Normals(12), v = _numbers.Normals(12);
        (double[] y, double[] maximum) = new ReferenceAttention(1, 4, 1, 1, 3, 1).Forward(q, k, v);
        Assert.Equal(v, y);
        double greatest = Enumerable.Range(0, 4).Max(i => Enumerable.Range(0, 3).Sum(d => q[(i * 3) + d] * k[(i * 3) + d]) / Math.Sqrt(3));
        Assert.Equal(greatest, maximum[0], 1e-12);
    }

    [Fact]
    public void Activation_derivatives_are_the_derivatives()
    {
        double[] x = [.. _numbers.Normals(20, 3), 0.5, -0.5, 4.3, -4.3, 9, -9], dy = _numbers.Normals(26);
        Check(ReferenceActivation.Gelu, ReferenceActivation.GeluDerivative);
        Check(ReferenceActivation.GeluTanh, ReferenceActivation.GeluTanhDerivative);
        Check(ReferenceActivation.ReluSquared, ReferenceActivation.ReluSquaredDerivative);
        Check(ReferenceActivation.Silu, ReferenceActivation.SiluDerivative);

        void Check(Func<double, double> f, Func<double, double> derivative) => CentralDifferences.Check(
            f.Method.Name, () => CentralDifferences.Functional(dy, ReferenceActivation.Map(x, f)), x, ReferenceActivation.Map(dy, x, (d, v) => d * derivative(v)), Tolerance, samples: 30);
    }

    [Fact]
    public void SwiGlu_backward_is_the_derivative()
    {
        double[] gate = _numbers.Normals(9, 2), up = _numbers.Normals(9), dy = _numbers.Normals(9);
        double F() => CentralDifferences.Functional(dy, ReferenceActivation.SwiGlu(gate, up));
        (double[] dGate, double[] dUp) = ReferenceActivation.SwiGluBackward(dy, gate, up);
        CentralDifferences.Check("gate", F, gate, dGate, Tolerance);
        CentralDifferences.Check("up", F, up, dUp, Tolerance);
    }

    /// <summary>x Phi(x) with Phi from published tables of the normal distribution (Abramowitz and Stegun, table 26.1 and 26.2).</summary>
    [Theory]
    [InlineData(1, 0.841344746068543)]
    [InlineData(2, 0.977249868051821)]
    [InlineData(3, 0.998650101968370)]
    [InlineData(4, 0.999968328758167)]
    public void Gelu_has_the_values_of_the_tables(double x, double phi)
    {
        Assert.Equal(x * phi, ReferenceActivation.Gelu(x), 1e-13);
        Assert.Equal(-x * (1 - phi), ReferenceActivation.Gelu(-x), 1e-13);
    }

    [Fact]
    public void Gelu_has_no_seam_where_series_and_fraction_meet()
    {
        double seam = 3 * Math.Sqrt(2);
        Assert.Equal(ReferenceActivation.Gelu(-seam + 1e-13), ReferenceActivation.Gelu(-seam - 1e-13), 1e-15);
    }

    [Fact]
    public void Cross_entropy_backward_is_the_derivative_and_skips_ignored_targets()
    {
        double[] logits = _numbers.Normals(4 * 5, 2);
        int[] targets = [3, -1, 0, 4];
        double[] gradient = ReferenceCrossEntropy.Backward(logits, targets, 5);
        CentralDifferences.Check("logits", () => ReferenceCrossEntropy.Loss(logits, targets, 5), logits, gradient, Tolerance);
        Assert.All(gradient[5..10], g => Assert.Equal(0, g));
    }

    [Fact]
    public void Cross_entropy_of_equal_logits_is_the_logarithm_of_the_vocabulary_and_of_no_target_zero()
    {
        Assert.Equal(Math.Log(7), ReferenceCrossEntropy.Loss(new double[14], [3, 6], 7), 1e-14);
        Assert.Equal(0, ReferenceCrossEntropy.Loss(new double[14], [-1, -1], 7));
        Assert.All(ReferenceCrossEntropy.Backward(new double[14], [-1, -1], 7), g => Assert.Equal(0, g));
    }
}
