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
        var (rows, keys) = (Geometry.Rows(QueryBlock), Geometry.Rows(KeyBlock));
        for (var row = 0; row < rows; row += TileProduct<TLanes, TVector>.Rows)
        {
            Queries<TLanes, TVector>(row, Math.Min(TileProduct<TLanes, TVector>.Rows, rows - row), keys);
        }

        var offset = (nint)QueryBlock * Block * Geometry.Padded;
        for (var key = 0; key < keys; key += TileProduct<TLanes, TVector>.Rows)
        {
            var (first, end) = SeenBy<TLanes, TVector>(key, rows, keys);
            var at = offset + (first * Geometry.Padded);
            Keys<TLanes, TVector>(key, first, end - first, Scratch.Probabilities, Scratch.OutputGradients + at, Scratch.ValueGradients);
            Keys<TLanes, TVector>(key, first, end - first, Scratch.Gradients, Scratch.Queries + at, Scratch.KeyGradients);
        }
    }

    private readonly void Queries<TLanes, TVector>(int row, int count, int keys)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var query = (QueryBlock * Block) + row;
        var (first, end) = Geometry.Seen(query, count, KeyBlock * Block, keys);
        if (first == end)
        {
            return;
        }

        var width = Geometry.Padded;
        var at = (nint)query * width;
        var probabilities = Scratch.Probabilities + (row * Stride);
        var gradients = Scratch.Gradients + (row * Stride);
        TileProduct<TLanes, TVector>.Run(
            Geometry.Width, Scratch.Scaled + at, width, 1, Scratch.KeysTransposed + first, Block, probabilities + first, Stride, end - first, accumulate: false);
        TileProduct<TLanes, TVector>.Run(
            Geometry.Width, Scratch.OutputGradients + at, width, 1, Scratch.ValuesTransposed + first, Block, gradients + first, Stride, end - first, accumulate: false);
        for (var i = 0; i < count; i++)
        {
            var (start, stop) = Geometry.Visible(query + i, KeyBlock * Block, keys);
            var probability = probabilities + (i * Stride);
            var gradient = gradients + (i * Stride);
            if (start < stop)
            {
                SoftmaxGradient.Row<TLanes, TVector>(
                    probability + start, gradient + start, stop - start, LogSumExp[query + i], Scratch.Dots[query + i], Geometry.Scale);
            }

            AttentionMask.Hide(probability, first, end, start, stop);
            AttentionMask.Hide(gradient, first, end, start, stop);
        }

        TileProduct<TLanes, TVector>.Run(
            Math.Min(end, keys) - first, gradients + first, Stride, 1, Scratch.Keys + (first * width), width, Scratch.QueryGradients + at, width, width, accumulate: true);
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
        var (first, end) = (rows, rows);
        for (var row = 0; row < rows; row += TileProduct<TLanes, TVector>.Rows)
        {
            var count = Math.Min(TileProduct<TLanes, TVector>.Rows, rows - row);
            var seen = Geometry.Seen((QueryBlock * Block) + row, count, KeyBlock * Block, keys);
            var sees = seen.First <= key && key < seen.End;
            first = sees ? Math.Min(first, row) : first;
            end = first < rows && !sees ? Math.Min(end, row) : end;
        }

        return (first, end);
    }
}
