using System.Collections.Immutable;

namespace MuonSharp.Optimizers.Tests;

public class MatrixLayoutTests
{
    [Fact]
    public void A_plain_matrix_is_one_slice()
    {
        MatrixSlice slice = Assert.Single(MatrixLayout.OutIn.Matrices([6, 4]));
        Assert.Equal(new MatrixSlice(string.Empty, 0, 6, 4, 4, MatrixOrientation.OutIn), slice);
        Assert.Equal((6, 4), (slice.FanOut, slice.FanIn));
        slice = Assert.Single(MatrixLayout.InOut.Matrices([6, 4]));
        Assert.Equal((4, 6), (slice.FanOut, slice.FanIn));
    }

    [Fact]
    public void A_filter_bank_is_flattened_behind_its_first_axis() =>
        Assert.Equal((8, 36), (MatrixLayout.OutIn.Matrices([8, 4, 3, 3])[0].Rows, MatrixLayout.OutIn.Matrices([8, 4, 3, 3])[0].Columns));

    [Fact]
    public void Parts_are_ranges_of_rows_or_of_columns()
    {
        MatrixPart[] parts = [new("gate", 3), new("up", 5)];
        ImmutableArray<MatrixSlice> rows = MatrixLayout.OutIn.Split(parts).Matrices([8, 4]);
        Assert.Equal([("gate", 0, 3, 4, 4), ("up", 12, 5, 4, 4)], rows.Select(s => (s.Name, s.Offset, s.Rows, s.Columns, s.RowStride)));
        ImmutableArray<MatrixSlice> columns = MatrixLayout.InOut.Split(parts).Matrices([4, 8]);
        Assert.Equal([("gate", 0, 4, 3, 8), ("up", 3, 4, 5, 8)], columns.Select(s => (s.Name, s.Offset, s.Rows, s.Columns, s.RowStride)));
    }

    [Fact]
    public void Heads_share_their_part_equally()
    {
        MatrixLayout layout = MatrixLayout.OutIn.Split(new("query", 12, 3), new("key", 4, 1), new("value", 4, 1));
        Assert.Equal(new HeadRange(8, 4), layout.Head("query", 2));
        Assert.Equal(new HeadRange(12, 4), layout.Head("key", 0));
        Assert.Throws<ArgumentException>(() => layout.Head("query", 3));
        Assert.Throws<ArgumentException>(() => layout.Head("other", 0));
    }

    [Fact]
    public void Mistakes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => MatrixLayout.OutIn.Matrices([7]));
        Assert.Throws<ArgumentException>(() => MatrixLayout.OutIn.Split(new MatrixPart("query", 5, 2)));
        Assert.Throws<ArgumentException>(() => MatrixLayout.OutIn.Split(new("a", 1), new("a", 1)));
        MatrixLayout layout = MatrixLayout.OutIn.Split(new("a", 2), new("b", 3));
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new ParameterStoreBuilder().Add("w", [6, 2], ParameterRole.Matrix, layout));
        Assert.Equal("[matrix layout] the parts cover the fan-out of 6; 'w' [6, 2] is split into a 2, b 3", exception.Message);
    }

    [Theory]
    [InlineData("keller-jordan", 8, 8, 8, 20)]
    [InlineData("keller-jordan", 16, 4, 4, 9)]
    [InlineData("keller-jordan", 30, 7, 1, 33)]
    [InlineData("normuon", 16, 4, 4, 9)]
    [InlineData("normuon", 30, 7, 1, 33)]
    [InlineData("airbench94", 30, 7, 1, 33)]
    [InlineData("torch", 30, 7, 1, 33)]
    public void A_fused_parameter_steps_exactly_as_the_separate_ones_would(string preset, int first, int second, int third, int fanIn)
    {
        MuonOptions options = MuonPresets.ByName[preset] with { WeightDecay = 0.1 };
        int[] sizes = [first, second, third];
        MatrixPart[] parts = [.. sizes.Select((size, i) => new MatrixPart($"part{i}", size))];
        foreach (bool outIn in new[] { true, false })
        {
            int total = sizes.Sum();
            MatrixLayout layout = outIn ? MatrixLayout.OutIn : MatrixLayout.InOut;
            using var fused = new TestModel(("fused", outIn ? [total, fanIn] : [fanIn, total], ParameterRole.Matrix, layout.Split(parts)));
            using var separate = new TestModel([.. parts.Select(part =>
                (part.Name, outIn ? new[] { part.FanOut, fanIn } : [fanIn, part.FanOut], ParameterRole.Matrix, (MatrixLayout?)layout))]);
            using var one = new Muon(fused.Parameters, options);
            using var other = new Muon(separate.Parameters, options);
            ImmutableArray<MatrixSlice> slices = layout.Split(parts).Matrices(fused.Parameters[0].Shape);
            for (int i = 0; i < slices.Length; i++)
            {
                Copy(fused.Parameters[0].Weights.Span, slices[i], separate.Parameters[i].Weights.Span);
            }

            for (int step = 1; step <= 4; step++)
            {
                fused.FillGradients(step);
                for (int i = 0; i < slices.Length; i++)
                {
                    Copy(fused.Parameters[0].Gradient.Span, slices[i], separate.Parameters[i].Gradient.Span);
                }

                Assert.Equal(3, one.Step().MatricesOrthogonalized);
                other.Step();
            }

            for (int i = 0; i < slices.Length; i++)
            {
                float[] part = new float[slices[i].Length];
                Copy(fused.Parameters[0].Weights.Span, slices[i], part);
                Compare.SameBits(separate.Parameters[i].Weights.Span, part);
            }
        }
    }

    [Theory]
    [InlineData("keller-jordan", 12, 12)]
    [InlineData("keller-jordan", 40, 9)]
    [InlineData("keller-jordan", 9, 40)]
    [InlineData("normuon", 40, 9)]
    [InlineData("normuon", 9, 40)]
    [InlineData("normuon", 1, 17)]
    [InlineData("airbench94", 9, 40)]
    public void Stored_in_out_steps_as_its_transpose_stored_out_in(string preset, int fanOut, int fanIn)
    {
        using var outIn = new TestModel(("w", [fanOut, fanIn], ParameterRole.Matrix, MatrixLayout.OutIn));
        using var inOut = new TestModel(("w", [fanIn, fanOut], ParameterRole.Matrix, MatrixLayout.InOut));
        Transpose(outIn["w"].Weights.Span, fanOut, fanIn, inOut["w"].Weights.Span);
        float[] start = outIn.AllWeights();
        using var one = new Muon(outIn.Parameters, MuonPresets.ByName[preset]);
        using var other = new Muon(inOut.Parameters, MuonPresets.ByName[preset]);
        for (int step = 1; step <= 5; step++)
        {
            outIn.FillGradients(step);
            Transpose(outIn["w"].Gradient.Span, fanOut, fanIn, inOut["w"].Gradient.Span);
            one.Step();
            other.Step();
        }

        float[] transposed = new float[start.Length];
        Transpose(inOut["w"].Weights.Span, fanIn, fanOut, transposed);
        double deviation = Compare.Deviation(transposed, [.. outIn.AllWeights().Select(w => (double)w)], start);
        Assert.True(deviation < 1e-5, $"deviation {deviation:E2}");
    }

    private static void Copy(ReadOnlySpan<float> tensor, MatrixSlice slice, Span<float> destination)
    {
        for (int row = 0; row < slice.Rows; row++)
        {
            tensor.Slice(slice.Offset + (row * slice.RowStride), slice.Columns).CopyTo(destination[(row * slice.Columns)..]);
        }
    }

    private static void Transpose(ReadOnlySpan<float> source, int rows, int columns, Span<float> destination)
    {
        for (int i = 0; i < source.Length; i++)
        {
            destination[(i % columns * rows) + (i / columns)] = source[i];
        }
    }
}
