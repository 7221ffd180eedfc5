using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Operations;

public class NormalizationTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<int, int> Sizes => new()
    {
        { 1, 2 }, { 1, 15 }, { 3, 16 }, { 5, 17 }, { 16, 63 }, { 17, 64 }, { 65, 65 }, { 130, 130 }, { 2, 1027 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void LayerNorm_with_bias(int rows, int width) => CheckLayerNorm(rows, width, true, shift: 0.5);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void LayerNorm_without_bias(int rows, int width) => CheckLayerNorm(rows, width, false, shift: -0.5);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void RmsNorm(int rows, int width) => CheckRmsNorm(rows, width, heads: 1);

    [Theory]
    [InlineData(1, 2, 2)]
    [InlineData(5, 3, 16)]
    [InlineData(17, 4, 15)]
    [InlineData(33, 2, 65)]
    public void RmsNorm_of_each_head(int rows, int heads, int headWidth) => CheckRmsNorm(rows, headWidth, heads);

    [Fact]
    public void RmsNorm_of_a_single_column_keeps_the_sign() => CheckRmsNorm(3, 1, heads: 1);

    /// <summary>A mean a hundred times the spread: the variance must come from the distances to the mean, not from a difference of squares.</summary>
    [Fact]
    public void LayerNorm_of_rows_far_from_zero() => CheckLayerNorm(5, 130, true, shift: 100, tolerance: 2e-4);

    [Fact]
    public void LayerNorm_of_a_constant_row_is_the_bias()
    {
        using OperationRig rig = new();
        double[] x = [.. Enumerable.Repeat(3.5, 40)], gain = rig.Random(20), bias = rig.Random(20);
        (Tensor activation, _) = rig.Activation("x", 2, x);
        Tensor y = rig.Tape.LayerNorm(activation, rig.Vector("gain", gain), rig.Vector("bias", bias));
        rig.Run(y, [.. bias, .. bias], rig.Random(40), Tolerance);
    }

    private static void CheckLayerNorm(int rows, int width, bool withBias, double shift, double tolerance = Tolerance)
    {
        CheckLayerNorm(rows, width, withBias, shift, tolerance, shared: false);
        CheckLayerNorm(rows, width, withBias, shift, tolerance, shared: true);
    }

    private static void CheckLayerNorm(int rows, int width, bool withBias, double shift, double tolerance, bool shared)
    {
        const double Epsilon = 1e-5;
        using OperationRig rig = new(rows + width, shared: shared);
        double[] x = rig.Random(rows * width, 1, shift), g = rig.Random(width, 0.3, 1), dy = rig.Random(rows * width);
        double[]? b = withBias ? rig.Random(width) : null;
        (Tensor activation, Tensor input) = rig.Activation("x", rows, x);
        Tensor gain = rig.Vector("gain", g);
        Tensor? bias = b is null ? null : rig.Vector("bias", b);
        Tensor y = rig.Tape.LayerNorm(activation, gain, bias, (float)Epsilon);
        (double[] dx, double[] dGain, double[] dBias) = ReferenceLayerNorm.Backward(dy, x, g, rows, width, Epsilon);
        rig.Expect("x", input, dx);
        rig.Expect("gain", gain, dGain);
        if (bias is not null) rig.Expect("bias", bias, dBias);
        rig.Run(y, ReferenceLayerNorm.Forward(x, g, b, rows, width, Epsilon), dy, tolerance);
    }

    private static void CheckRmsNorm(int rows, int width, int heads)
    {
        CheckRmsNorm(rows, width, heads, shared: false);
        CheckRmsNorm(rows, width, heads, shared: true);
    }

    private static void CheckRmsNorm(int rows, int width, int heads, bool shared)
    {
        const double Epsilon = 1e-6;
        using OperationRig rig = new(rows + width, shared: shared);
        double[] x = rig.Random(rows * heads * width, 2, 0.5), g = rig.Random(width, 0.3, 1), dy = rig.Random(x.Length);
        (Tensor activation, Tensor input) = rig.Activation("x", rows, x);
        Tensor gain = rig.Vector("gain", g);
        Tensor y = rig.Tape.RmsNorm(activation, gain, (float)Epsilon);
        (double[] dx, double[] dGain) = ReferenceRmsNorm.Backward(dy, x, g, rows * heads, width, Epsilon);
        rig.Expect("x", input, dx);
        rig.Expect("gain", gain, dGain);
        rig.Run(y, ReferenceRmsNorm.Forward(x, g, rows * heads, width, Epsilon), dy, Tolerance);
    }
}
