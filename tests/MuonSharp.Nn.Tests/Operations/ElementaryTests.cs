using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Operations;

public class ElementaryTests
{
    private const double Tolerance = 1e-6;

    public static TheoryData<int, int> Sizes => new() { { 1, 1 }, { 3, 17 }, { 16, 16 }, { 130, 65 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Products(int rows, int columns) => Both(shared =>
    {
        using OperationRig rig = new(rows, shared: shared);
        double[] a = rig.Random(rows * columns), b = rig.Random(rows * columns), dy = rig.Random(rows * columns);
        (Tensor left, Tensor leftInput) = rig.Activation("a", rows, a);
        (Tensor right, Tensor rightInput) = rig.Activation("b", rows, b);
        rig.Expect("a", leftInput, ReferenceActivation.Map(dy, b, (d, v) => d * v));
        rig.Expect("b", rightInput, ReferenceActivation.Map(dy, a, (d, v) => d * v));
        rig.Run(rig.Tape.Multiply(left, right), ReferenceActivation.Map(a, b, (v, w) => v * w), dy, Tolerance);
    });

    [Fact]
    public void A_product_with_itself_is_a_square() => Both(shared =>
    {
        using OperationRig rig = new(5, shared: shared);
        double[] a = rig.Random(33), dy = rig.Random(33);
        (Tensor x, Tensor input) = rig.Activation("a", 3, a);
        rig.Expect("a", input, ReferenceActivation.Map(dy, a, (d, v) => 2 * d * v));
        rig.Run(rig.Tape.Multiply(x, x), ReferenceActivation.Map(a, v => v * v), dy, Tolerance);
    });

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Multiples(int rows, int columns) => Both(shared =>
    {
        using OperationRig rig = new(rows, shared: shared);
        double[] a = rig.Random(rows * columns), dy = rig.Random(rows * columns);
        (Tensor x, Tensor input) = rig.Activation("a", rows, a);
        rig.Expect("a", input, ReferenceActivation.Map(dy, d => -2.5 * d));
        rig.Run(rig.Tape.Scale(x, -2.5f), ReferenceActivation.Map(a, v => -2.5 * v), dy, Tolerance);
    });

    [Theory]
    [MemberData(nameof(Sizes))]
    [InlineData(200, 90)]
    public void Formulas_of_ones_own(int rows, int columns) => Both(shared =>
    {
        using OperationRig rig = new(rows, shared: shared);
        double[] a = rig.Random(rows * columns), dy = rig.Random(rows * columns);
        (Tensor x, Tensor input) = rig.Activation("a", rows, a);
        rig.Expect("a", input, ReferenceActivation.Map(dy, a, (d, v) => 3 * d * v * v));
        Tensor cubes = rig.Tape.Map(
            x,
            static (from, to) =>
            {
                for (int i = 0; i < from.Length; i++) to[i] = from[i] * from[i] * from[i];
            },
            static (from, to) =>
            {
                for (int i = 0; i < from.Length; i++) to[i] = 3 * from[i] * from[i];
            });
        rig.Run(cubes, ReferenceActivation.Map(a, v => v * v * v), dy, Tolerance);
    });

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(5, 3, 16, 7)]
    [InlineData(130, 20, 1, 65)]
    public void Columns_side_by_side_and_apart(int rows, int first, int second, int third) => Both(shared =>
    {
        int width = first + second + third;
        using OperationRig rig = new(rows + width, shared: shared);
        double[] whole = rig.Random(rows * width), dy = rig.Random(rows * width), dSlice = rig.Random(rows * second);
        (Tensor a, Tensor aInput) = rig.Activation("a", rows, Columns(whole, width, 0, first));
        (Tensor b, Tensor bInput) = rig.Activation("b", rows, Columns(whole, width, first, second));
        (Tensor c, Tensor cInput) = rig.Activation("c", rows, Columns(whole, width, first + second, third));
        rig.Expect("a", aInput, Columns(dy, width, 0, first));
        rig.Expect("b", bInput, Columns(dy, width, first, second));
        rig.Expect("c", cInput, Columns(dy, width, first + second, third));
        rig.Run(rig.Tape.Concatenate(a, b, c), whole, dy, Tolerance);

        using OperationRig slices = new(rows, shared: shared);
        (Tensor x, Tensor input) = slices.Activation("x", rows, whole);
        double[] gradient = new double[rows * width];
        for (int r = 0; r < rows; r++) Array.Copy(dSlice, r * second, gradient, (r * width) + first, second);
        slices.Expect("x", input, gradient);
        slices.Run(slices.Tape.Slice(x, first, second), Columns(whole, width, first, second), dSlice, Tolerance);
    });

    [Theory]
    [InlineData(6, 8, 24)]
    [InlineData(24, 2, 4)]
    [InlineData(1, 30, 30)]
    public void Heads_become_rows_and_back(int rows, int columns, int otherRows) => Both(shared =>
    {
        using OperationRig rig = new(rows, shared: shared);
        double[] values = rig.Random(rows * columns), dy = rig.Random(rows * columns);
        (Tensor x, Tensor input) = rig.Activation("x", rows, values);
        rig.Expect("x", input, dy);
        Tensor y = rig.Tape.Reshape(x, otherRows);
        Assert.Equal((otherRows, rows * columns / otherRows), (y.Rows, y.Columns));
        rig.Run(y, values, dy, Tolerance);
    });

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(4, 3, 17)]
    [InlineData(7, 40, 33)]
    [InlineData(1, 600, 5)]
    public void Means_of_groups_of_rows(int groups, int group, int columns) => Both(shared =>
    {
        using OperationRig rig = new(groups + group, shared: shared);
        double[] values = rig.Random(groups * group * columns), dy = rig.Random(groups * columns);
        double[] mean = new double[groups * columns], gradient = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int at = (i / (group * columns) * columns) + (i % columns);
            mean[at] += values[i] / group;
            gradient[i] = dy[at] / group;
        }

        (Tensor x, Tensor input) = rig.Activation("x", groups * group, values);
        rig.Expect("x", input, gradient);
        rig.Run(rig.Tape.MeanRows(x, group), mean, dy, 2e-5);
    });

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using OperationRig rig = new();
        Tensor x = rig.Input("x", 2, [1, 2, 3, 4, 5, 6]);
        Tensor other = rig.Input("other", 3, [1, 2, 3]);
        Assert.Equal("[multiply] both have one shape; x [2, 3] and other [3, 1]", Assert.Throws<ArgumentException>(() => rig.Tape.Multiply(x, other)).Message);
        Assert.Throws<ArgumentException>(() => rig.Tape.Concatenate());
        Assert.Throws<ArgumentException>(() => rig.Tape.Concatenate(x, other));
        Assert.Throws<ArgumentException>(() => rig.Tape.Slice(x, 1, 3));
        Assert.Throws<ArgumentException>(() => rig.Tape.Slice(x, -1, 2));
        Assert.Throws<ArgumentException>(() => rig.Tape.Slice(x, int.MaxValue, 1));
        Assert.Throws<ArgumentException>(() => rig.Tape.Reshape(x, 4));
        Assert.Throws<ArgumentException>(() => rig.Tape.MeanRows(x, 3));
        Assert.Throws<ArgumentException>(() => rig.Tape.Scale(x, float.NaN));
    }

    private static void Both(Action<bool> check)
    {
        check(false);
        check(true);
    }

    private static double[] Columns(double[] x, int width, int first, int count)
    {
        List<double> result = [];
        for (int row = 0; row < x.Length / width; row++) result.AddRange(x[((row * width) + first)..((row * width) + first + count)]);
        return [.. result];
    }
}
