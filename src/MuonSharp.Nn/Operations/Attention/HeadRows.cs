using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Rows of one head between a tensor, where heads lie side by side, and a dense block whose rows are whole vectors.</summary>
internal static unsafe class HeadRows
{
    /// <summary>Width of a head's row in a block.</summary>
    public static int Padded(int width) => (width + LaneDispatch.Count - 1) / LaneDispatch.Count * LaneDispatch.Count;

    /// <summary>block = factor · rows; its rows are stride floats apart.</summary>
    public static void Load<L, V>(Matrix rows, float* block, int stride, float factor = 1)
        where L : struct, ILanes<V>
        where V : struct
    {
        V scale = L.Broadcast(factor);
        for (int row = 0; row < rows.Rows; row++)
        {
            float* from = rows.Data + (row * rows.RowStride);
            float* to = block + ((nint)row * stride);
            int i = 0;
            for (; i <= rows.Columns - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                L.Store(to + i, L.Multiply(scale, L.Load(from + i)));
            }

            for (; i < rows.Columns; i++)
            {
                to[i] = factor * from[i];
            }
        }
    }

    /// <summary>block = rowsᵀ, [width, <see cref="AttentionGeometry.Block"/>].</summary>
    public static void LoadTransposed(Matrix rows, float* block) =>
        Transposition.Copy(rows.Data, rows.RowStride, rows.Rows, rows.Columns, block, AttentionGeometry.Block);

    /// <summary>rows = block, row r times 1 / divisors[r] where there are divisors.</summary>
    public static void Store<L, V>(float* block, int stride, Matrix rows, float* divisors)
        where L : struct, ILanes<V>
        where V : struct
    {
        for (int row = 0; row < rows.Rows; row++)
        {
            float factor = divisors is null ? 1 : 1 / divisors[row];
            V scale = L.Broadcast(factor);
            float* from = block + ((nint)row * stride);
            float* to = rows.Data + (row * rows.RowStride);
            int i = 0;
            for (; i <= rows.Columns - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                L.Store(to + i, L.Multiply(scale, L.Load(from + i)));
            }

            for (; i < rows.Columns; i++)
            {
                to[i] = factor * from[i];
            }
        }
    }
}

/// <summary>The inner product of each row of A with the same row of B.</summary>
internal static unsafe class RowDots
{
    /// <summary>dots[r] = a[r] · b[r].</summary>
    public static void Run<L, V>(Matrix a, Matrix b, float* dots)
        where L : struct, ILanes<V>
        where V : struct
    {
        for (int row = 0; row < a.Rows; row++)
        {
            float* left = a.Data + (row * a.RowStride);
            float* right = b.Data + (row * b.RowStride);
            V sum = L.Broadcast(0);
            int i = 0;
            for (; i <= a.Columns - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                sum = L.MultiplyAdd(L.Load(left + i), L.Load(right + i), sum);
            }

            dots[row] = i < a.Columns ? Rest<L, V>(left + i, right + i, a.Columns - i, sum) : L.Sum(sum);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Rest<L, V>(float* a, float* b, int left, V sum)
        where L : struct, ILanes<V>
        where V : struct =>
        L.Sum(L.MultiplyAdd(RowEnd.Load<L, V>(a, left), RowEnd.Load<L, V>(b, left), sum));
}

/// <summary>On a row of logits S and of gradients G of the probabilities: P = exp(S - L), then G = P (G - D) scale, in place.</summary>
/// <remarks>A row lies in a block whose rows have room for a vector beyond the last key: lanes behind the last visible one become zeros.</remarks>
internal static unsafe class SoftmaxGradient
{
    /// <summary>One row.</summary>
    /// <param name="logits">In: S; out: P.</param>
    /// <param name="gradients">In: gradients of P; out: of S.</param>
    /// <param name="count">Number of visible keys, 1 or more.</param>
    /// <param name="logSumExp">L.</param>
    /// <param name="dot">D.</param>
    /// <param name="scale">Factor of the logits.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row<L, V>(float* logits, float* gradients, int count, float logSumExp, float dot, float scale)
        where L : struct, ILanes<V>
        where V : struct
    {
        (V center, V product, V factor) = (L.Broadcast(logSumExp), L.Broadcast(dot), L.Broadcast(scale));
        int i = 0;
        for (; i <= count - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            V probability = LaneMath.Exp<L, V>(L.Subtract(L.Load(logits + i), center));
            V rest = L.Subtract(L.Load(gradients + i), product);
            L.Store(logits + i, probability);
            L.Store(gradients + i, L.Multiply(L.Multiply(probability, rest), factor));
        }

        if (i < count)
        {
            V zero = L.Broadcast(0);
            V mask = LaneMask.First<L, V>(count - i);
            V probability = LaneMath.Exp<L, V>(L.Subtract(L.Load(logits + i), center));
            V rest = L.Subtract(L.Load(gradients + i), product);
            L.Store(logits + i, L.Choose(mask, probability, zero));
            L.Store(gradients + i, L.Choose(mask, L.Multiply(L.Multiply(probability, rest), factor), zero));
        }
    }
}
