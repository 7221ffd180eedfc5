using MuonSharp.Numerics;
using MuonSharp.Numerics.Tests;

namespace MuonSharp.Optimizers.Tests;

/// <summary>The contract of every orthogonalizer, by name: what one passes all pass.</summary>
public class OrthogonalizerTests
{
    public static TheoryData<string> Names => [.. Orthogonalizers.Names];

    public static TheoryData<string> ScaleFreeNames => [.. Orthogonalizers.Names.Where(name => !name.StartsWith("newton-schulz/", StringComparison.Ordinal))];

    [Fact]
    public void The_names_are_those_of_the_configuration()
    {
        string[] expected =
        [
            "newton-schulz/jordan5", "newton-schulz/youjiacheng5", "newton-schulz/polar-express5", "newton-schulz/deepseek-v4",
            "gram-newton-schulz/jordan5", "gram-newton-schulz/youjiacheng5", "gram-newton-schulz/polar-express5", "gram-newton-schulz/deepseek-v4",
            "zolotarev/2", "zolotarev/3", "zolotarev/4", "exact",
        ];
        Assert.Equal(expected, Orthogonalizers.Names);
        Assert.All(Orthogonalizers.All, orthogonalizer => Assert.Same(orthogonalizer, Orthogonalizers.Get(orthogonalizer.Name)));
        Assert.False(Orthogonalizers.TryGet("zolotarev/9", out IOrthogonalizer? none));
        Assert.Null(none);
        Assert.Contains("zolotarev/2", Assert.Throws<ArgumentException>(() => Orthogonalizers.Get("nothing")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("newton-schulz/jordan5", 1_090_519_040)]
    [InlineData("newton-schulz/deepseek-v4", 2_181_038_080)]
    [InlineData("gram-newton-schulz/jordan5", 486_539_264)]
    [InlineData("gram-newton-schulz/deepseek-v4", 973_078_528)]
    [InlineData("zolotarev/2", 234_881_024)]
    [InlineData("zolotarev/4", 268_435_456)]
    public void The_operations_of_a_call_are_those_of_its_products(string name, long expected)
    {
        // m = 256, n = 1024: m²n is 67,108,864, m³ 16,777,216; counted from the products that each method makes.
        Assert.Equal(expected, Orthogonalizers.Get(name).Flops(256, 1024));
        Assert.Equal(expected, Orthogonalizers.Get(name).Flops(1024, 256));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_number_of_workers_gives_the_same_bits(string name)
    {
        foreach ((int rows, int columns) in ((int, int)[])[(33, 70), (96, 96), (300, 110)])
        {
            float[] input = OrthogonalizerCase.Normal(rows, columns);
            float[] alone = OrthogonalizerCase.Run(Orthogonalizers.Get(name), input, rows, columns);
            foreach (int threads in (int[])[1, 2, 3, 5])
            {
                using var team = new WorkerTeam(threads);
                Compare.SameBits(alone, OrthogonalizerCase.Run(Orthogonalizers.Get(name), input, rows, columns, team));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Tall_is_wide_transposed(string name)
    {
        foreach ((int rows, int columns) in ((int, int)[])[(1, 9), (12, 30), (70, 150)])
        {
            // Powers of two have exact squares: the norm does not depend on the order of its additions.
            float[] wide = [.. OrthogonalizerCase.Normal(rows, columns).Select(value => MathF.CopySign(MathF.Pow(2, MathF.Round(value)), value))];
            float[] result = OrthogonalizerCase.Run(Orthogonalizers.Get(name), wide, rows, columns);
            float[] tall = OrthogonalizerCase.Run(Orthogonalizers.Get(name), OrthogonalizerCase.Transpose(wide, rows, columns), columns, rows);
            Compare.SameBits(OrthogonalizerCase.Transpose(result, rows, columns), tall);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Zero_stays_zero(string name)
    {
        foreach ((int rows, int columns) in ((int, int)[])[(1, 1), (3, 40), (40, 3), (64, 64)])
        {
            float[] output = OrthogonalizerCase.Run(
                Orthogonalizers.Get(name), new float[rows * columns], rows, columns, null, out OrthogonalizationOutcome outcome);
            Assert.All(output, value => Assert.Equal(0, value));
            Assert.Equal(OrthogonalizationOutcome.Regular, outcome);
        }
    }

    [Theory]
    [MemberData(nameof(ScaleFreeNames))]
    public void The_scale_of_the_input_does_not_matter(string name)
    {
        foreach ((int rows, int columns) in ((int, int)[])[(24, 60), (80, 40), (1, 7)])
        {
            float[] input = OrthogonalizerCase.Normal(rows, columns);
            double[] expected = [.. OrthogonalizerCase.Run(Orthogonalizers.Get(name), input, rows, columns).Select(value => (double)value)];
            foreach (float scale in (float[])[1e-30f, 1e-15f, 1e-8f, 1e-3f, 1e3f, 1e8f, 1e15f, 1e30f])
            {
                float[] scaled = [.. input.Select(value => value * scale)];
                float[] output = OrthogonalizerCase.Run(Orthogonalizers.Get(name), scaled, rows, columns);
                Assert.InRange(OrthogonalizerCase.Distance(output, expected), 0, 2e-4);
            }

            // A power of two rounds nothing, so not a bit may change.
            foreach (float scale in (float[])[MathF.ScaleB(1, -50), MathF.ScaleB(1, -7), MathF.ScaleB(1, 50)])
            {
                float[] scaled = [.. input.Select(value => value * scale)];
                Assert.Equal(expected.Select(value => (float)value), OrthogonalizerCase.Run(Orthogonalizers.Get(name), scaled, rows, columns));
            }
        }
    }

    /// <summary>Newton-Schulz adds an epsilon to the norm: it is felt below, and at 1e15 nothing may overflow.</summary>
    [Theory]
    [InlineData("newton-schulz/jordan5")]
    [InlineData("newton-schulz/youjiacheng5")]
    [InlineData("newton-schulz/polar-express5")]
    [InlineData("newton-schulz/deepseek-v4")]
    public void A_large_scale_does_not_matter_to_newton_schulz_and_a_small_one_only_by_its_epsilon(string name)
    {
        const int Rows = 24, Columns = 60;
        var newton = (NewtonSchulz)Orthogonalizers.Get(name);
        float[] input = OrthogonalizerCase.Normal(Rows, Columns);
        double[] expected = Doubles(1);
        foreach (float scale in (float[])[1e3f, 1e8f, 1e15f])
        {
            Assert.InRange(OrthogonalizerCase.Distance(Run(newton, scale), expected), 0, 2e-4);
        }

        NewtonSchulz torch = newton.WithFloor(NormFloor.Maximum);
        NewtonSchulz without = newton.WithEpsilon(1e-30);
        foreach (float scale in (float[])[1e-3f, 1e-8f, 1e-15f])
        {
            Assert.InRange(OrthogonalizerCase.Distance(Run(without, scale), expected), 0, 2e-4);
            double norm = newton.NormFactor * scale * Math.Sqrt(input.Sum(value => (double)value * value));
            Assert.Equal(norm > torch.Epsilon, OrthogonalizerCase.Distance(Run(torch, scale), expected) < 2e-4);
        }

        double[] Doubles(float scale) => [.. Run(newton.WithEpsilon(1e-30), scale).Select(value => (double)value)];

        float[] Run(NewtonSchulz orthogonalizer, float scale) =>
            OrthogonalizerCase.Run(orthogonalizer, [.. input.Select(value => value * scale)], Rows, Columns);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_matrix_of_deficient_rank_keeps_its_row_space(string name)
    {
        // Every row twice: rank 20 of 40, exactly.
        const int Rows = 40, Columns = 64;
        float[] half = OrthogonalizerCase.Normal(Rows / 2, Columns);
        float[] output = OrthogonalizerCase.Run(Orthogonalizers.Get(name), [.. half, .. half], Rows, Columns);
        double[] values = [.. OrthogonalizerCase.SingularValues(output, Rows, Columns).Order()];
        Assert.All(values[..(Rows / 2)], value => Assert.InRange(value, 0, 2e-2));
        Assert.All(values[(Rows / 2)..], value => Assert.InRange(value, 0.65, 1.3));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public unsafe void A_call_allocates_nothing_after_the_first_ones(string name)
    {
        const int Rows = 60, Columns = 90;
        IOrthogonalizer orthogonalizer = Orthogonalizers.Get(name);
        float[] input = OrthogonalizerCase.Normal(Rows, Columns);
        long padded = FlatLayout.Padded(input.Length);
        using var memory = new NativeBuffer((2 * padded) + orthogonalizer.ScratchLength(Rows, Columns));
        using var two = new WorkerTeam(2);
        foreach (WorkerTeam? team in (WorkerTeam?[])[null, two])
        {
            Assert.Equal(0, ManagedBytes.LeastOf(() =>
            {
                input.CopyTo(memory.AsSpan());
                orthogonalizer.Orthogonalize(
                    team,
                    Matrix.Dense(memory.Pointer, Rows, Columns),
                    Matrix.Dense(memory.Pointer + padded, Rows, Columns),
                    memory.Pointer + (2 * padded));
            }));
        }
    }
}
