using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Rows of one head between a tensor, where heads lie side by side, and a dense block whose rows are whole vectors.</summary>
internal static unsafe class HeadRows
{
    /// <summary>Width of a head's row in a block.</summary>
    public static int Padded(int width) => (width + LaneDispatch.Count - 1) / LaneDispatch.Count * LaneDispatch.Count;

    /// <summary>block = factor · rows.</summary>
    public static void Load<TLanes, TVector>(Matrix rows, float* block, float factor = 1)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var scale = TLanes.Broadcast(factor);
        var padded = Padded(rows.Columns);
        for (var row = 0; row < rows.Rows; row++)
        {
            var from = rows.Data + (row * rows.RowStride);
            var to = block + ((nint)row * padded);
            var i = 0;
            for (; i <= rows.Columns - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                TLanes.Store(to + i, TLanes.Multiply(scale, TLanes.Load(from + i)));
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
    public static void Store<TLanes, TVector>(float* block, Matrix rows, float* divisors = null)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var padded = Padded(rows.Columns);
        for (var row = 0; row < rows.Rows; row++)
        {
            var factor = divisors == null ? 1 : 1 / divisors[row];
            var scale = TLanes.Broadcast(factor);
            var from = block + ((nint)row * padded);
            var to = rows.Data + (row * rows.RowStride);
            var i = 0;
            for (; i <= rows.Columns - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                TLanes.Store(to + i, TLanes.Multiply(scale, TLanes.Load(from + i)));
            }

            for (; i < rows.Columns; i++)
            {
                to[i] = factor * from[i];
            }
        }
    }

    /// <summary>block = rows, or zeros: where a gradient's sums start from.</summary>
    public static void Start<TLanes, TVector>(Matrix rows, float* block, bool add)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        if (add)
        {
            Load<TLanes, TVector>(rows, block);
        }
        else
        {
            new Span<float>(block, rows.Rows * Padded(rows.Columns)).Clear();
        }
    }
}
