using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics.Tests;

public sealed unsafe class PositiveDefiniteInverseTests
{
    public static TheoryData<int> Sizes => [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 200, 255, 256, 257, 320, 333, 400];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Equals_the_inverse_in_double_precision_within_the_condition_number(int size)
    {
        foreach (double shift in (double[])[1, 1e-2, 1e-5])
        {
            float[] matrix = Matrix(size, shift);
            double[] expected = InverseInDouble(matrix, size);
            Assert.Equal(-1, Invert(null, matrix, size, mirror: true));
            double difference = 0, norm = 0;
            for (int i = 0; i < matrix.Length; i++)
            {
                difference += Math.Pow(matrix[i] - expected[i], 2);
                norm += Math.Pow(expected[i], 2);
            }

            // The matrix has eigenvalues from its shift to a few: 2e-7 / shift is the error that its own rounding may cause.
            Assert.InRange(Math.Sqrt(difference / norm), 0, 1e-6 + (2e-7 / shift));
        }
    }

    [Theory]
    [InlineData(40)]
    [InlineData(130)]
    [InlineData(300)]
    public void Any_number_of_workers_gives_the_same_bits(int size)
    {
        float[] alone = Matrix(size, 1e-4);
        Assert.Equal(-1, Invert(null, alone, size, mirror: true));
        foreach (int threads in (int[])[1, 2, 3])
        {
            using var team = new WorkerTeam(threads);
            float[] shared = Matrix(size, 1e-4);
            Assert.Equal(-1, Invert(team, shared, size, mirror: true));
            Assert.Equal(alone, shared);
        }
    }

    [Theory]
    [InlineData(70)]
    [InlineData(256)]
    [InlineData(330)]
    public void Workers_that_overtake_each_other_give_the_same_bits_again_and_again(int size)
    {
        float[] matrix = Matrix(size, 1e-3), alone = [.. matrix];
        Assert.Equal(-1, Invert(null, alone, size, mirror: true));
        foreach (int threads in (int[])[2, 3, 16])
        {
            using var team = new WorkerTeam(threads);
            for (int round = 0; round < 60; round++)
            {
                float[] shared = [.. matrix];
                Assert.Equal(-1, Invert(team, shared, size, mirror: true));
                Assert.Equal(alone, shared);
            }
        }
    }

    [Fact]
    public void Every_vector_width_gives_the_same_bits()
    {
        Assert.SkipUnless(VectorWidth.HasFusedMultiplyAdd, "without fused multiply-adds the widths may differ");
        float[] widest = Factor<Lanes128, VectorQuad>();
        if (Vector256.IsHardwareAccelerated)
        {
            Assert.Equal(widest, Factor<Lanes256, VectorPair>());
        }

        if (VectorWidth.Bits == 512)
        {
            Assert.Equal(widest, Factor<Lanes512, Vector512<float>>());
        }
    }

    [Theory]
    [InlineData(20)]
    [InlineData(300)]
    public void Only_the_lower_triangle_is_read_and_only_it_is_written_unless_asked(int size)
    {
        float[] full = Matrix(size, 1e-2), lower = Matrix(size, 1e-2);
        for (int i = 0; i < size; i++)
        {
            lower.AsSpan((i * size) + i + 1, size - i - 1).Fill(float.NaN);
        }

        Assert.Equal(-1, Invert(null, full, size, mirror: true));
        Assert.Equal(-1, Invert(null, lower, size, mirror: false));
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                Assert.Equal(full[(i * size) + j], full[(j * size) + i]);
                Assert.Equal(full[(i * size) + j], lower[(i * size) + j]);
            }
        }
    }

    [Theory]
    [InlineData(33)]
    [InlineData(200)]
    public void A_shift_is_added_to_the_diagonal_and_the_matrix_itself_is_left_alone(int size)
    {
        float[] shifted = Matrix(size, 1e-2), source = Matrix(size, 1e-2), result = new float[size * size];
        for (int i = 0; i < size; i++)
        {
            shifted[i * (size + 1)] += 0.125f;
        }

        Assert.Equal(-1, Invert(null, shifted, size, mirror: true));
        using var memory = new NativeBuffer(PositiveDefiniteInverse.ScratchLength(size));
        fixed (float* a = source, w = result)
        {
            // The transpose lies by columns: the same matrix, read and written in the other direction.
            Matrix from = Numerics.Matrix.Dense(a, size, size).Transposed, to = Numerics.Matrix.Dense(w, size, size).Transposed;
            Assert.Equal(-1, PositiveDefiniteInverse.Invert(null, from, 0.125f, to, memory.Pointer, mirror: true));
        }

        Assert.Equal(shifted, result);
        Assert.Equal(Matrix(size, 1e-2), source);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(50, 0)]
    [InlineData(50, 31)]
    [InlineData(50, 32)]
    [InlineData(50, 49)]
    [InlineData(300, 191)]
    [InlineData(300, 299)]
    public void The_first_pivot_that_is_not_positive_is_reported(int size, int row)
    {
        using var team = new WorkerTeam(3);
        foreach (float pivot in (float[])[0, -1, float.NaN])
        {
            foreach (WorkerTeam? workers in (WorkerTeam?[])[null, team])
            {
                float[] matrix = new float[size * size];
                for (int i = 0; i < size; i++)
                {
                    matrix[i * (size + 1)] = i == row ? pivot : 2;
                }

                Assert.Equal(row, Invert(workers, matrix, size, mirror: true));
            }
        }
    }

    [Fact]
    public void A_matrix_that_is_not_square_is_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => PositiveDefiniteInverse.Invert(null, Numerics.Matrix.Dense(null, 2, 3), null));
        Assert.Contains("[2, 3]", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(
            () => PositiveDefiniteInverse.Invert(null, Numerics.Matrix.Dense(null, 3, 3), 0, Numerics.Matrix.Dense(null, 2, 3), null, mirror: false));
    }

    private static float[] Factor<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        const int Size = PanelMatrix.Width;
        using var memory = new NativeBuffer(2 * Size * Size);
        Matrix(Size, 1e-3).CopyTo(memory.AsSpan());
        int failed = -1;
        new DiagonalBlockKernel(memory.Pointer, memory.Pointer + (Size * Size), &failed).Run<L, V>();
        Assert.Equal(-1, failed);
        return memory.AsSpan(Size * Size, Size * Size).ToArray();
    }

    private static int Invert(WorkerTeam? team, float[] matrix, int size, bool mirror)
    {
        using var memory = new NativeBuffer(PositiveDefiniteInverse.ScratchLength(size));
        memory.AsSpan().Fill(float.NaN);
        fixed (float* a = matrix)
        {
            return PositiveDefiniteInverse.Invert(team, Numerics.Matrix.Dense(a, size, size), memory.Pointer, mirror);
        }
    }

    /// <summary>G Gᵀ / size plus a shift, where G has half as many columns as rows: the least eigenvalue is the shift.</summary>
    private static float[] Matrix(int size, double shift)
    {
        int rank = (size / 2) + 1;
        float[] factor = new float[size * rank];
        new RandomStream(3, "positive definite").FillNormal(factor, (ulong)size, 0);
        float[] matrix = new float[size * size];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = 0;
                for (int k = 0; k < rank; k++)
                {
                    sum += (double)factor[(i * rank) + k] * factor[(j * rank) + k];
                }

                matrix[(i * size) + j] = matrix[(j * size) + i] = (float)((sum / size) + (i == j ? shift : 0));
            }
        }

        return matrix;
    }

    /// <summary>By plain Gauss-Jordan steps in double precision.</summary>
    private static double[] InverseInDouble(float[] matrix, int size)
    {
        double[] a = [.. matrix.Select(value => (double)value)];
        for (int k = 0; k < size; k++)
        {
            double pivot = 1 / a[k * (size + 1)];
            a[k * (size + 1)] = 1;
            for (int j = 0; j < size; j++)
            {
                a[(k * size) + j] *= pivot;
            }

            for (int i = 0; i < size; i++)
            {
                if (i != k)
                {
                    double factor = a[(i * size) + k];
                    a[(i * size) + k] = 0;
                    for (int j = 0; j < size; j++)
                    {
                        a[(i * size) + j] -= factor * a[(k * size) + j];
                    }
                }
            }
        }

        return a;
    }
}
