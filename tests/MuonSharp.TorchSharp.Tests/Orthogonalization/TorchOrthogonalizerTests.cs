using MuonSharp.Conformance.Cases;
using MuonSharp.Formats;
using MuonSharp.Optimizers;
using MuonSharp.TorchSharp.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp.Tests.Orthogonalization;

public class TorchOrthogonalizerTests : TorchTest
{
    public static TheoryData<string> Cases =>
        [.. GoldenFolders.Cases().Where(folder => File.Exists(Path.Combine(GoldenFolders.Root, folder, GoldenCase.FileName)) && GoldenCase.Open(folder).Kind == "orthogonalization")];

    public static TheoryData<string> Names => [.. Orthogonalizers.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_golden_case_is_kept(string folder)
    {
        using DisposeScope scope = NewDisposeScope();
        GoldenCase golden = GoldenCase.Open(folder);
        using SafetensorsFile file = golden.Tensors();
        string[] names = [.. file.Tensors.Select(entry => entry.Name).Where(name => name != "input")];
        Assert.NotEmpty(names);
        foreach (string name in names)
        {
            Tensor input = Read(file, "input"), expected = Read(file, name);
            double tolerance = golden.Description["tolerance"] is System.Text.Json.Nodes.JsonObject ? golden.Tolerance(name.Split('/')[0]) : golden.Tolerance();
            Tensors.Within(name, Values.Relative(TorchOrthogonalizers.Orthogonalize(input, name), expected), tolerance);
            if (Orthogonalizers.Get(name) is ZolotarevPolar polar)
            {
                // As on a device where nobody asks whether a factorization failed.
                bool tall = input.shape[0] > input.shape[1];
                Tensor wide = (tall ? input.t() : input).unsqueeze(0);
                Tensor result = TorchZolotarev.Run(polar.Fraction, wide, new OrthogonalizationTally(), asks: false)[0];
                Tensors.Within(name, Values.Relative(tall ? result.t() : result, expected), tolerance);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_stack_is_its_matrices_one_by_one(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrices = Values.Normal([2, 3, 24, 16], "stack");
        Tensor all = TorchOrthogonalizers.Orthogonalize(matrices, name);
        Assert.Equal(matrices.shape, all.shape);
        for (int i = 0; i < 6; i++)
        {
            Tensor one = TorchOrthogonalizers.Orthogonalize(matrices.reshape(6, 24, 16)[i], name);
            Assert.True(Values.Relative(all.reshape(6, 24, 16)[i], one) < 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Zero_stays_zero_beside_a_matrix_that_is_not(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrices = stack([zeros(5, 9), Values.Normal([5, 9], "beside")]);
        Tensor result = TorchOrthogonalizers.Orthogonalize(matrices, name);
        Assert.All(result[0].Floats(), value => Assert.Equal(0, value));
        Assert.InRange(result[1].norm().item<float>(), 1.5f, 2.7f);
    }

    [Theory]
    [InlineData("gram-newton-schulz/polar-express5", 1e-25)]
    [InlineData("zolotarev/2", 1e-25)]
    [InlineData("zolotarev/2", 1e25)]
    [InlineData("exact", 1e25)]
    [InlineData("newton-schulz/jordan5", 1e25)]
    public void The_scale_does_not_matter_where_squares_leave_float32(string name, double scale)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = Values.Normal([12, 7], "scale");
        Tensor expected = TorchOrthogonalizers.Orthogonalize(matrix, name);
        Assert.True(Values.Relative(TorchOrthogonalizers.Orthogonalize(matrix.mul(scale), name), expected) < 2e-5);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Views_with_gaps_and_transposed_ones_are_read_as_they_are(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor whole = Values.Normal([20, 30], "gaps");
        Tensor gaps = whole.slice(0, 1, 20, 2).slice(1, 0, 30, 3);
        Assert.False(gaps.is_contiguous());
        Assert.True(Values.Relative(TorchOrthogonalizers.Orthogonalize(gaps, name), TorchOrthogonalizers.Orthogonalize(gaps.contiguous(), name)) < 1e-5);
        Assert.True(Values.Relative(TorchOrthogonalizers.Orthogonalize(gaps.t(), name), TorchOrthogonalizers.Orthogonalize(gaps, name).t()) < 1e-4);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16, 0.08)]
    [InlineData(ScalarType.Float16, 0.01)]
    [InlineData(ScalarType.Float64, 1e-5)]
    public void Other_types_give_the_same_within_their_precision(ScalarType type, double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = Values.Normal([16, 40], "types");
        foreach (string name in Orthogonalizers.Names.Where(name => name != "newton-schulz/deepseek-v4"))
        {
            Tensor result = TorchOrthogonalizers.Orthogonalize(matrix.to(type), name);
            Assert.Equal(type, result.dtype);

            // Its first step multiplies rounding by eight.
            double allowed = type == ScalarType.BFloat16 && name == "newton-schulz/polar-express5" ? 3 * tolerance : tolerance;
            double deviation = Values.Relative(result, TorchOrthogonalizers.Orthogonalize(matrix.to(type).to(ScalarType.Float32), name));
            Assert.True(deviation < allowed, $"{name}: {deviation}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pole_that_float32_cannot_invert_is_raised_once(bool asks)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor row = Values.Normal([1, 20], "pole");
        var tally = new OrthogonalizationTally();

        // Two equal rows: 0.5 + 2e-8 is 0.5 in float32, so the second pivot is zero.
        Tensor result = TorchZolotarev.Run(
            new ZolotarevFraction(1, [new ZolotarevPole(2e-8, 0.1), new ZolotarevPole(1, 1)]), cat([row, row], 0).unsqueeze(0), tally, asks);
        Assert.Equal((asks ? 1 : 0, 0), (tally.PolesRaised, tally.FallBacks));
        double expected = (1 + (0.1 / (1 + 2e-7)) + 0.5) / Math.Sqrt(1 + 1e-5);

        // The inverse of so badly conditioned a matrix has two digits; without the term it would be 1.5.
        Assert.Equal(expected, result.norm().item<float>(), 0.04);
    }

    [Fact]
    public void Where_no_pole_helps_the_gram_form_steps_in_or_the_term_is_left_out()
    {
        using DisposeScope scope = NewDisposeScope();
        var fraction = new ZolotarevFraction(1, [new ZolotarevPole(-0.5, 1), new ZolotarevPole(1, 1)]);
        Tensor good = Values.Normal([1, 8, 20], "pole");
        var tally = new OrthogonalizationTally();
        Tensor fallen = TorchZolotarev.Run(fraction, good, tally, asks: true);
        Assert.Equal((0, 1), (tally.PolesRaised, tally.FallBacks));
        Assert.True(Values.Relative(fallen[0], TorchOrthogonalizers.Orthogonalize(good[0], "gram-newton-schulz/polar-express5")) < 1e-5);
        Tensor without = TorchZolotarev.Run(fraction, good, tally, asks: false);
        Tensor expected = TorchZolotarev.Run(new ZolotarevFraction(1, [new ZolotarevPole(1, 1)]), good, tally, asks: false);
        Assert.True(Values.Relative(without, expected) < 1e-5);
    }

    [Fact]
    public void What_is_no_matrix_and_what_has_no_form_here_is_refused_in_one_line()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Equal("[orthogonalize] a matrix has two axes and floating point; [3] of Float32 came", Assert.Throws<ArgumentException>(() => TorchOrthogonalizers.Orthogonalize(ones(3))).Message);
        Assert.Contains("must be one of newton-schulz/jordan5", Assert.Throws<ArgumentException>(() => TorchOrthogonalizers.Orthogonalize(ones(3, 3), "cholesky")).Message, StringComparison.Ordinal);
    }

    private static Tensor Read(SafetensorsFile file, string name) => tensor(file.Floats(name)).reshape([.. file.Sizes(name).Select(size => (long)size)]);
}
