using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>One block of a matrix at work under Shampoo.</summary>
internal sealed unsafe class ShampooBlock(
    ParameterSlot slot, int matrix, MatrixSlice slice, ShampooSide left, ShampooSide right, StateBuffer momentum, StateBuffer grafted)
    : MatrixTask(slot, matrix, slice)
{
    /// <summary>Keeps the ratio of two norms finite where the update is zero, as in the reference.</summary>
    private const double NormEpsilon = 1e-16;

    /// <summary>The smallest normal float32: a moment below it would be slow and stay for ever.</summary>
    private const double SmallestNormal = 1.1754943508222875e-38;

    private readonly ShampooOptions _options = (ShampooOptions)slot.Options;

    public override long Work { get; } = WorkOf(slice, slice.Rows, slice.Columns);

    public override long Scratch => ScratchOf(Slice);

    /// <summary>The scratch of a block.</summary>
    public static long ScratchOf(in MatrixSlice slice) => (3L * slice.Length) + ShampooSide.Scratch(Math.Max(slice.Rows, slice.Columns));

    public override void Step(WorkerTeam? team, float gradientScale, double* scratch)
    {
        double* gradient = scratch;
        double* direction = gradient + Slice.Length;
        double* spare = direction + Slice.Length;
        double* sideScratch = spare + Slice.Length;
        LoadGradient(gradient, gradientScale);
        DoubleMatrix g = DoubleMatrix.Dense(gradient, Slice.Rows, Slice.Columns);
        DoubleMatrix p = DoubleMatrix.Dense(direction, Slice.Rows, Slice.Columns);
        DoubleMatrix between = DoubleMatrix.Dense(spare, Slice.Rows, Slice.Columns);
        Accumulate(team, left.Statistic, _options.Beta2, g, sideScratch);
        Accumulate(team, right.Statistic, _options.Beta2, g.Transposed, sideScratch);
        long t = Count;
        if (t % _options.PreconditionFrequency == 0)
        {
            double correction = 1 - IntegerPower.Of(_options.Beta2, t);
            left.Refresh(team, correction, _options.Epsilon, sideScratch);
            right.Refresh(team, correction, _options.Epsilon, sideScratch);
        }

        double* adam = gradient;
        Moments(gradient, direction, t);
        bool graft = _options.Grafting == ShampooGrafting.Adam;
        if (graft && t < _options.PreconditionFrequency)
        {
            Apply(adam, 1);
            return;
        }

        DoubleProduct.Multiply(team, left.Root, p, between);
        DoubleProduct.Multiply(team, between, right.Root, p);
        Apply(direction, graft ? Norm(adam) / (Norm(direction) + NormEpsilon) : 1);
    }

    /// <summary>Both moments take the gradient in. It becomes Adam's direction; the other block, the corrected momentum.</summary>
    private void Moments(double* gradient, double* direction, long t)
    {
        double beta1 = Values.Momentum, beta2 = _options.GraftingBeta2;
        double firstCorrection = 1 - IntegerPower.Of(beta1, t), secondCorrection = 1 - IntegerPower.Of(beta2, t);
        for (int i = 0; i < Slice.Rows; i++)
        {
            long start = Slice.Offset + ((long)i * Slice.RowStride);
            float* m = momentum.Of(Slot.Index) + start;
            float* v = grafted.Of(Slot.Index) + start;
            for (int j = 0; j < Slice.Columns; j++, gradient++, direction++)
            {
                m[j] = Normal((beta1 * m[j]) + ((1 - beta1) * *gradient));
                v[j] = Normal(Math.Min((beta2 * v[j]) + ((1 - beta2) * *gradient * *gradient), float.MaxValue));
                *direction = m[j] / firstCorrection;
                *gradient = *direction / (Math.Sqrt(v[j] / secondCorrection) + _options.GraftingEpsilon);
            }
        }
    }

    /// <summary>p &lt;- p - lr (factor P + wd p) with one rounding of the weight.</summary>
    private void Apply(double* direction, double factor)
    {
        StepValues values = Values;
        double decay = values.WeightDecay, squares = 0;
        for (int i = 0; i < Slice.Rows; i++)
        {
            float* row = Slot.Weights + Slice.Offset + ((long)i * Slice.RowStride);
            for (int j = 0; j < Slice.Columns; j++)
            {
                double change = values.LearningRate * ((factor * *direction++) + (decay * row[j]));
                row[j] = (float)(row[j] - change);
                squares += change * change;
            }
        }

        Squares = squares;
    }

    private double Norm(double* x)
    {
        double sum = 0;
        for (int i = 0; i < Slice.Length; i++)
        {
            sum += x[i] * x[i];
        }

        return Math.Sqrt(sum);
    }

    private static float Normal(double value) => Math.Abs(value) < SmallestNormal ? 0 : (float)value;
}

/// <summary>One side of a block in Shampoo: its statistic, and the inverse fourth root, zero until it is first computed.</summary>
internal readonly unsafe struct ShampooSide(int size, double* statistic, double* root)
{
    public double* Statistic => statistic;

    public DoubleMatrix Root => DoubleMatrix.Dense(root, size, size);

    /// <summary>Doubles of scratch of a side of that size.</summary>
    public static long Scratch(int size) => (2L * size * size) + size + SymmetricEigen.ScratchLength(size);

    /// <summary>Root &lt;- Q e^(-1/4) Qᵀ of the corrected statistic, its eigenvalues lifted to at least epsilon.</summary>
    public void Refresh(WorkerTeam? team, double correction, double epsilon, double* scratch)
    {
        long length = (long)size * size;
        double* vectors = scratch + length;
        double* values = vectors + length;
        for (long i = 0; i < length; i++)
        {
            scratch[i] = statistic[i] / correction;
        }

        SymmetricEigen.Compute(team, scratch, size, values, vectors, values + size);
        double lift = epsilon - Math.Min(0, values[size - 1]);
        for (int i = 0; i < size; i++)
        {
            // Each vector takes half of the power, so that the root is one symmetric product. A negative value that dwarfs epsilon would swallow it.
            double half = 1 / Math.Sqrt(Math.Sqrt(Math.Sqrt(Math.Max(values[i] + lift, epsilon))));
            for (int j = 0; j < size; j++)
            {
                vectors[((long)i * size) + j] *= half;
            }
        }

        DoubleMatrix scaled = DoubleMatrix.Dense(vectors, size, size);
        DoubleProduct.MultiplySymmetric(team, scaled.Transposed, scaled, Root);
    }
}
