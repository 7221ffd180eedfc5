using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>One block of queries against one block of keys, backward.</summary>
/// <remarks>By strips of rows: logits and gradients of probabilities, the softmax between them, then dq of the strip. After that dk and dv by strips
/// of keys, whose sums run over the queries that see one of them.</remarks>
internal unsafe struct AttentionBackwardPair
{
    private const int Block = AttentionGeometry.Block;
    private const int Stride = AttentionGeometry.LogitStride;

    public AttentionGeometry Geometry;
    public AttentionBackwardScratch Scratch;
    public float* LogSumExp;
    public int KeyBlock;
    public int QueryBlock;

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (rows, keys, width) = (Geometry.Rows(QueryBlock), Geometry.Rows(KeyBlock), Geometry.Padded);
        var offset = (nint)QueryBlock * Block * width;

        // One product after the other, so that its block of B stays in the nearest cache.
        Logits<TLanes, TVector>(rows, keys, Scratch.Scaled + offset, Scratch.KeysTransposed, Scratch.Probabilities);
        Logits<TLanes, TVector>(rows, keys, Scratch.OutputGradients + offset, Scratch.ValuesTransposed, Scratch.Gradients);
        for (var row = 0; row < rows; row += TileProduct<TLanes, TVector>.Rows)
        {
            Queries<TLanes, TVector>(row, Math.Min(TileProduct<TLanes, TVector>.Rows, rows - row), keys);
        }

        for (var key = 0; key < keys; key += TileProduct<TLanes, TVector>.Rows)
        {
            var (first, end) = SeenBy<TLanes, TVector>(key, rows, keys);
            Keys<TLanes, TVector>(key, first, end - first, Scratch.Probabilities, Scratch.OutputGradients + offset + (first * width), Scratch.ValueGradients);
        }

        for (var key = 0; key < keys; key += TileProduct<TLanes, TVector>.Rows)
        {
            var (first, end) = SeenBy<TLanes, TVector>(key, rows, keys);
            Keys<TLanes, TVector>(key, first, end - first, Scratch.Gradients, Scratch.Queries + offset + (first * width), Scratch.KeyGradients);
        }
    }

    /// <summary>Rows of queries, or of output gradients, times keys or values: what the mask leaves of it.</summary>
    private readonly void Logits<TLanes, TVector>(int rows, int keys, float* a, float* b, float* c)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        for (var row = 0; row < rows; row += TileProduct<TLanes, TVector>.Rows)
        {
            var count = Math.Min(TileProduct<TLanes, TVector>.Rows, rows - row);
            var (first, end) = Geometry.Seen((QueryBlock * Block) + row, count, KeyBlock * Block, keys);
            TileProduct<TLanes, TVector>.Run(
                Geometry.Width, a + (row * Geometry.Padded), Geometry.Padded, 1, b + first, Block, c + (row * Stride) + first, Stride, end - first, accumulate: false);
        }
    }

    /// <summary>The softmax of a strip backward, and its dq.</summary>
    private readonly void Queries<TLanes, TVector>(int row, int count, int keys)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var query = (QueryBlock * Block) + row;
        var (first, end) = Geometry.Seen(query, count, KeyBlock * Block, keys);
        var (width, at) = (Geometry.Padded, (nint)query * Geometry.Padded);
        var gradients = Scratch.Gradients + (row * Stride);
        for (var i = 0; i < count; i++)
        {
            var (start, stop) = Geometry.Visible(query + i, KeyBlock * Block, keys);
            var probability = Scratch.Probabilities + ((row + i) * Stride);
            var gradient = gradients + (i * Stride);
            if (start < stop)
            {
                SoftmaxGradient.Row<TLanes, TVector>(
                    probability + start, gradient + start, stop - start, LogSumExp[query + i], Scratch.Dots[query + i], Geometry.Scale);
            }

            AttentionMask.Hide(probability, first, end, start, stop);
            AttentionMask.Hide(gradient, first, end, start, stop);
        }

        if (first < end)
        {
            TileProduct<TLanes, TVector>.Run(
                Math.Min(end, keys) - first, gradients + first, Stride, 1, Scratch.Keys + (first * width), width, Scratch.QueryGradients + at, width, width, accumulate: true);
        }
    }

    private readonly void Keys<TLanes, TVector>(int key, int first, int count, float* weights, float* rows, float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TileProduct<TLanes, TVector>.Run(
            count, weights + (first * Stride) + key, 1, Stride, rows, Geometry.Padded, sums + (key * Geometry.Padded), Geometry.Padded, Geometry.Padded, accumulate: true);

    /// <summary>The rows of the strips that computed a strip of keys, as a half-open range.</summary>
    private readonly (int First, int End) SeenBy<TLanes, TVector>(int key, int rows, int keys)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        // Without a window, the first vector of queries that reaches the key, and all behind it.
        var first = QueryBlock == KeyBlock ? key / LaneDispatch.Count * LaneDispatch.Count : 0;
        var end = rows;
        while (first < end && !Sees<TLanes, TVector>(first, key, rows, keys))
        {
            first += TileProduct<TLanes, TVector>.Rows;
        }

        var last = (rows - 1) / TileProduct<TLanes, TVector>.Rows * TileProduct<TLanes, TVector>.Rows;
        for (; first < end && !Sees<TLanes, TVector>(last, key, rows, keys); last -= TileProduct<TLanes, TVector>.Rows)
        {
            end = last;
        }

        return (Math.Min(first, end), end);
    }

    private readonly bool Sees<TLanes, TVector>(int row, int key, int rows, int keys)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (first, end) = Geometry.Seen((QueryBlock * Block) + row, Math.Min(TileProduct<TLanes, TVector>.Rows, rows - row), KeyBlock * Block, keys);
        return first <= key && key < end;
    }
}
