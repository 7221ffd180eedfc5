using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>One matrix at work under SOAP; a vector is a row that neither side rotates.</summary>
internal sealed unsafe class SoapMatrix(
    ParameterSlot slot, int matrix, MatrixSlice slice, SoapSide left, SoapSide right, StateBuffer first, StateBuffer second)
    : MatrixTask(slot, matrix, slice)
{
    /// <summary>The smallest normal float32: a moment below it would be slow and stay for ever.</summary>
    private const double SmallestNormal = 1.1754943508222875e-38;

    private readonly SoapOptions _options = (SoapOptions)slot.Options;
    private readonly int _rows = slice.Rows;
    private readonly int _columns = slice.Columns;

    public override long Work { get; } = WorkOf(slice, left.RotatedSize, right.RotatedSize);

    public override long Scratch => ScratchOf(Slice, left.RotatedSize, right.RotatedSize);

    /// <summary>The scratch of a matrix whose rotated sides have those sizes, 0 for a side that is not rotated.</summary>
    public static long ScratchOf(in MatrixSlice slice, int left, int right) =>
        (3L * slice.Length) + Math.Max(left > 0 ? SoapSide.Scratch(left) : 0, right > 0 ? SoapSide.Scratch(right) : 0);

    public override void Step(WorkerTeam? team, float gradientScale, double* scratch)
    {
        double* gradient = scratch;
        double* direction = gradient + Slice.Length;
        double* spare = direction + Slice.Length;
        double* sideScratch = spare + Slice.Length;
        LoadGradient(gradient, gradientScale);
        long t = Count - 1;
        if (t == 0)
        {
            Squares = 0;
            AccumulateBoth(team, gradient, sideScratch);
            left.Initialize(team, sideScratch);
            right.Initialize(team, sideScratch);
            return;
        }

        new Span<double>(gradient, Slice.Length).CopyTo(new Span<double>(direction, Slice.Length));
        Rotate(team, direction, spare, into: true);
        Moments(direction);
        Rotate(team, direction, spare, into: false);
        Apply(direction, t);
        AccumulateBoth(team, gradient, sideScratch);
        if (t % _options.PreconditionFrequency == 0 && (left.IsRotated || right.IsRotated))
        {
            Refresh(team, direction, spare, sideScratch);
        }
    }

    private void AccumulateBoth(WorkerTeam? team, double* gradient, double* scratch)
    {
        DoubleMatrix g = DoubleMatrix.Dense(gradient, _rows, _columns);
        Accumulate(team, left.Statistic, _options.StatisticBeta, g, scratch);
        Accumulate(team, right.Statistic, _options.StatisticBeta, g.Transposed, scratch);
    }

    /// <summary>X &lt;- Q_Lᵀ X Q_R, or back: Q_L X Q_Rᵀ. The bases hold their vectors in rows.</summary>
    private void Rotate(WorkerTeam? team, double* x, double* spare, bool into)
    {
        DoubleMatrix values = DoubleMatrix.Dense(x, _rows, _columns);
        DoubleMatrix between = DoubleMatrix.Dense(spare, _rows, _columns);
        if (left.IsRotated)
        {
            DoubleProduct.Multiply(team, into ? left.Basis : left.Basis.Transposed, values, between);
        }
        else
        {
            new Span<double>(x, Slice.Length).CopyTo(new Span<double>(spare, Slice.Length));
        }

        if (right.IsRotated)
        {
            DoubleProduct.Multiply(team, between, into ? right.Basis.Transposed : right.Basis, values);
        }
        else
        {
            new Span<double>(spare, Slice.Length).CopyTo(new Span<double>(x, Slice.Length));
        }
    }

    /// <summary>Both moments take the rotated gradient in; it becomes m / (sqrt(v) + eps).</summary>
    private void Moments(double* x)
    {
        double beta1 = Values.Momentum, beta2 = _options.Beta2;
        for (int i = 0; i < _rows; i++)
        {
            long start = Slice.Offset + ((long)i * Slice.RowStride);
            float* m = first.Of(Slot.Index) + start;
            float* v = second.Of(Slot.Index) + start;
            for (int j = 0; j < _columns; j++, x++)
            {
                m[j] = Normal((beta1 * m[j]) + ((1 - beta1) * *x));
                v[j] = Normal(Math.Min((beta2 * v[j]) + ((1 - beta2) * *x * *x), float.MaxValue));
                *x = m[j] / (Math.Sqrt(v[j]) + _options.Epsilon);
            }
        }
    }

    /// <summary>p &lt;- (p - step) (1 - lr wd) with one rounding of the weight.</summary>
    private void Apply(double* direction, long t)
    {
        StepValues values = Values;
        double step = values.LearningRate * Math.Sqrt(1 - IntegerPower.Of(_options.Beta2, t)) / (1 - IntegerPower.Of(values.Momentum, t));
        double decay = values.LearningRate * values.WeightDecay, squares = 0;
        for (int i = 0; i < _rows; i++)
        {
            float* row = Slot.Weights + Slice.Offset + ((long)i * Slice.RowStride);
            for (int j = 0; j < _columns; j++)
            {
                double update = step * *direction++;
                double change = update + (decay * (row[j] - update));
                row[j] = (float)(row[j] - change);
                squares += change * change;
            }
        }

        Squares = squares;
    }

    /// <summary>New bases: the first moment goes through the original space, the second follows the order of the vectors.</summary>
    private void Refresh(WorkerTeam? team, double* moment, double* spare, double* scratch)
    {
        float* firstMoment = first.Of(Slot.Index);
        Load(firstMoment, moment);
        Rotate(team, moment, spare, into: false);
        if (left.IsRotated)
        {
            Reorder(left.Refresh(team, scratch), spare, byRows: true);
        }

        if (right.IsRotated)
        {
            Reorder(right.Refresh(team, scratch), spare, byRows: false);
        }

        Rotate(team, moment, spare, into: true);
        Store(moment, firstMoment);
    }

    private void Reorder(double* order, double* spare, bool byRows)
    {
        float* moment = second.Of(Slot.Index);
        Load(moment, spare);
        for (int i = 0; i < _rows; i++)
        {
            float* row = moment + Slice.Offset + ((long)i * Slice.RowStride);
            for (int j = 0; j < _columns; j++)
            {
                row[j] = (float)(byRows ? spare[((long)order[i] * _columns) + j] : spare[((long)i * _columns) + (long)order[j]]);
            }
        }
    }

    private static float Normal(double value) => Math.Abs(value) < SmallestNormal ? 0 : (float)value;
}

/// <summary>One side of a matrix in SOAP: its statistic, and its basis with one vector a row. A side that is not rotated has neither.</summary>
internal readonly unsafe struct SoapSide(int size, double* statistic, double* basis)
{
    public bool IsRotated => statistic is not null;

    public int RotatedSize => IsRotated ? size : 0;

    public double* Statistic => statistic;

    /// <summary>The basis; its rows are the vectors, so that it maps into the rotated space.</summary>
    public DoubleMatrix Basis => DoubleMatrix.Dense(basis, size, size);

    /// <summary>Doubles of scratch of a side of that size.</summary>
    public static long Scratch(int size) => (2L * size * size) + (2L * size) + Math.Max(SymmetricEigen.ScratchLength(size), OrthogonalFactor.ScratchLength(size));

    /// <summary>The eigenvectors of the statistic, greatest eigenvalue first.</summary>
    public void Initialize(WorkerTeam? team, double* scratch)
    {
        if (!IsRotated)
        {
            return;
        }

        long length = (long)size * size;
        new Span<double>(statistic, checked((int)length)).CopyTo(new Span<double>(scratch, (int)length));
        SymmetricEigen.Compute(team, scratch, size, scratch + length, basis, scratch + length + size);
    }

    /// <summary>One step of the power iteration: the basis becomes the Q of statistic times the ordered basis.</summary>
    /// <param name="team">Workers.</param>
    /// <param name="scratch">Doubles of scratch.</param>
    /// <returns>The order: position i now holds what was vector order[i]; n doubles in the scratch.</returns>
    public double* Refresh(WorkerTeam? team, double* scratch)
    {
        long length = (long)size * size;
        double* order = scratch;
        double* estimates = order + size;
        double* product = estimates + size;
        double* sorted = product + length;
        DoubleProduct.Multiply(team, Basis, DoubleMatrix.Dense(statistic, size, size), DoubleMatrix.Dense(product, size, size));
        for (int i = 0; i < size; i++)
        {
            double estimate = 0;
            for (int j = 0; j < size; j++)
            {
                estimate += basis[((long)i * size) + j] * product[((long)i * size) + j];
            }

            // Sorted by insertion: from refresh to refresh the order hardly changes, and equal ones stay as they are.
            int place = i;
            for (; place > 0 && estimates[place - 1] < estimate; place--)
            {
                (estimates[place], order[place]) = (estimates[place - 1], order[place - 1]);
            }

            (estimates[place], order[place]) = (estimate, i);
        }

        for (int i = 0; i < size; i++)
        {
            new Span<double>(product + ((long)order[i] * size), size).CopyTo(new Span<double>(sorted + ((long)i * size), size));
        }

        OrthogonalFactor.Compute(team, sorted, size, basis, sorted + length);
        return order;
    }
}
