using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>One matrix that an optimizer steps by itself, with its own state and scratch.</summary>
internal abstract unsafe class MatrixTask(ParameterSlot slot, MatrixSlice slice)
{
    public ParameterSlot Slot { get; } = slot;

    public MatrixSlice Slice { get; } = slice;

    /// <summary>The order of the multiply-adds of its dearest step: what decides whether it runs on one worker.</summary>
    public abstract long Work { get; }

    /// <summary>Doubles of scratch.</summary>
    public abstract long Scratch { get; }

    /// <summary>Sum of the squared changes of this step.</summary>
    public double Squares { get; protected set; }

    /// <summary>Updates state and weights.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="gradientScale">What clipping multiplies the gradient with.</param>
    /// <param name="scratch">As many doubles as <see cref="Scratch"/>; contents are undefined.</param>
    public abstract void Step(WorkerTeam? team, float gradientScale, double* scratch);

    /// <summary>The work of a matrix whose sides have statistics of those sizes, 0 for a side without.</summary>
    internal static long WorkOf(MatrixSlice slice, int left, int right) => ((long)slice.Length * (1 + left + right))
        + ((long)left * left * left) + ((long)right * right * right);

    /// <summary>The gradient as doubles without gaps; zeros where it is missing.</summary>
    protected void LoadGradient(double* target, float scale)
    {
        if (Slot.Gradient == null)
        {
            new Span<double>(target, Slice.Length).Clear();
            return;
        }

        Load(Slot.Gradient, target);
        for (int i = 0; i < Slice.Length; i++)
        {
            target[i] *= scale;
        }
    }

    /// <summary>The matrix of a tensor at that address, as doubles without gaps.</summary>
    protected void Load(float* tensor, double* target)
    {
        for (int i = 0; i < Slice.Rows; i++)
        {
            float* row = tensor + Slice.Offset + ((long)i * Slice.RowStride);
            for (int j = 0; j < Slice.Columns; j++)
            {
                *target++ = row[j];
            }
        }
    }

    /// <summary>Rounds doubles into the matrix of a tensor at that address.</summary>
    protected void Store(double* source, float* tensor)
    {
        for (int i = 0; i < Slice.Rows; i++)
        {
            float* row = tensor + Slice.Offset + ((long)i * Slice.RowStride);
            for (int j = 0; j < Slice.Columns; j++)
            {
                row[j] = (float)*source++;
            }
        }
    }

    /// <summary>Statistic &lt;- beta statistic + (1 - beta) X Xᵀ.</summary>
    protected static void Accumulate(WorkerTeam? team, double* statistic, double beta, DoubleMatrix x, double* scratch)
    {
        if (statistic == null)
        {
            return;
        }

        DoubleProduct.MultiplySymmetric(team, x, x.Transposed, DoubleMatrix.Dense(scratch, x.Rows, x.Rows));
        for (long i = 0; i < (long)x.Rows * x.Rows; i++)
        {
            statistic[i] = (beta * statistic[i]) + ((1 - beta) * scratch[i]);
        }
    }
}
