using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>First values: their distribution, and what they depend on.</summary>
public sealed class InitializersTests : IDisposable
{
    private readonly WorkerTeam _team = new(1);

    public void Dispose() => _team.Dispose();

    [Fact]
    public void Uniform_ones_fill_their_interval_evenly()
    {
        const double Rows = 80, Columns = 300;
        (string Name, Initializer Initializer, double Bound)[] all =
        [
            ("uniform", Initializers.Uniform(0.3), 0.3),
            ("torch's linear layer", Initializers.KaimingUniform(), 1 / Math.Sqrt(Columns)),
            ("for ReLU", Initializers.KaimingUniform(Math.Sqrt(2)), Math.Sqrt(6 / Columns)),
            ("xavier", Initializers.XavierUniform(), Math.Sqrt(6 / (Rows + Columns))),
            ("xavier with a gain", Initializers.XavierUniform(2), 2 * Math.Sqrt(6 / (Rows + Columns))),
        ];
        Assert.All(all, one =>
        {
            double[] values = Values(one.Initializer, [(int)Rows, (int)Columns]);

            // 24,000 draws: their mean square is within 2 % of bound²/3, and the outermost fill the interval to a thousandth.
            Assert.InRange(values.Max(), one.Bound * 0.999, one.Bound);
            Assert.InRange(values.Min(), -one.Bound, -one.Bound * 0.999);
            Assert.Equal(one.Bound * one.Bound / 3, values.Average(v => v * v), one.Bound * one.Bound / 150);
            Assert.Equal(0, values.Average(), one.Bound * 0.02);
        });
    }

    [Fact]
    public void Normal_ones_have_their_deviation_and_constants_their_value()
    {
        double[] normal = Values(Initializers.Normal(0.7), [100, 300]);

        Assert.Equal(0, normal.Average(), 0.02);
        Assert.Equal(0.49, normal.Average(v => v * v), 0.015);
        Assert.Equal(0.317, normal.Count(v => Math.Abs(v) > 0.7) / 30000.0, 0.015);
        Assert.All(Values(Initializers.Zeros, [3, 5]), value => Assert.Equal(0, value));
        Assert.All(Values(Initializers.Ones, [7]), value => Assert.Equal(1, value));
        Assert.All(Values(Initializers.Constant(-2.5f), [7]), value => Assert.Equal(-2.5, value));
    }

    [Fact]
    public void Fans_are_those_of_the_storage()
    {
        Assert.InRange(Values(Initializers.KaimingUniform(), [400, 25], MatrixLayout.InOut).Max(), 0.05 * 0.999, 0.05);
        Assert.InRange(Values(Initializers.KaimingUniform(), [64, 16, 5, 5]).Max(), 0.05 * 0.999, 0.05);
        Assert.InRange(Values(Initializers.KaimingUniform(), [9, 16, 400], MatrixLayout.OutIn.PerExpert()).Max(), 0.05 * 0.999, 0.05);
        Assert.InRange(Values(Initializers.XavierUniform(), [24, 8, 5, 5]).Max(), Math.Sqrt(6.0 / 800) * 0.999, Math.Sqrt(6.0 / 800));
        Assert.Contains("only a matrix has a fan-in", Assert.Throws<ArgumentException>(() => Values(Initializers.KaimingUniform(), [7])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, 40, 1.0, false)]
    [InlineData(40, 6, 1.0, false)]
    [InlineData(24, 24, 0.5, false)]
    [InlineData(36, 48, 2.0, true)]
    public void Orthogonal_ones_are_orthogonal_in_every_matrix_of_the_tensor(int rows, int columns, double gain, bool split)
    {
        MatrixLayout layout = split ? MatrixLayout.OutIn.Split(new MatrixPart("a", rows / 3), new MatrixPart("b", rows * 2 / 3)) : MatrixLayout.OutIn;
        double[] values = Values(Initializers.Orthogonal(gain), [rows, columns], layout);
        Assert.All(layout.Matrices([rows, columns]), matrix =>
        {
            bool wide = matrix.Rows <= matrix.Columns;
            (int count, int length) = wide ? (matrix.Rows, matrix.Columns) : (matrix.Columns, matrix.Rows);
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j <= i; j++)
                {
                    double dot = Enumerable.Range(0, length).Sum(k => wide
                        ? values[matrix.Offset + (i * columns) + k] * values[matrix.Offset + (j * columns) + k]
                        : values[matrix.Offset + (k * columns) + i] * values[matrix.Offset + (k * columns) + j]);
                    Assert.Equal(i == j ? gain * gain : 0, dot, 1e-6 * gain * gain);
                }
            }
        });
    }

    [Fact]
    public void Values_depend_on_the_seed_and_the_name_alone()
    {
        float[] Weights(ulong seed, params string[] names)
        {
            ModelBuilder builder = new(seed);
            foreach (string name in names) builder.Parameter(name, [8, 8], ParameterRole.Matrix, Initializers.Normal(1));
            using Model model = builder.Build(_team);
            return model.Parameters["b"].Weights.Span.ToArray();
        }

        float[] alone = Weights(1, "b");
        Assert.Equal(alone, Weights(1, "a", "b", "c"));
        Assert.Equal(alone, Weights(1, "c", "b", "a"));
        Assert.NotEqual(alone, Weights(2, "b"));
    }

    [Fact]
    public void Impossible_ones_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Initializers.Normal(-1));
        Assert.Throws<ArgumentException>(() => Initializers.Uniform(double.NaN));
    }

    private double[] Values(Initializer initializer, int[] shape, MatrixLayout? layout = null)
    {
        ModelBuilder builder = new(5);
        Parameter parameter = builder.Parameter("weight", [.. shape], ParameterRole.Matrix, initializer, layout);
        using Model model = builder.Build(_team);
        return Array.ConvertAll(parameter.Weights.Span.ToArray(), value => (double)value);
    }
}
