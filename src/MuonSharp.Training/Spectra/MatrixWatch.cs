using MuonSharp.Distributed;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What is known of a watched matrix in a step: what the optimizer showed of it, and where the rest lies.</summary>
/// <param name="matrix">The matrix.</param>
internal sealed unsafe class MatrixWatch(WatchedMatrix matrix) : IDisposable
{
    private const string MomentumState = "muon.momentum/";

    private readonly NativeBuffer _copies = new(2L * matrix.Slice.Length);
    private bool _isShown;
    private bool _isGathered;

    /// <summary>The matrix.</summary>
    public WatchedMatrix Matrix => matrix;

    /// <summary>Keeps what an optimizer shows of the matrix.</summary>
    public void Keep(ReadOnlySpan<float> values, bool isResult)
    {
        values.CopyTo(new Span<float>(_copies.Pointer + (isResult ? values.Length : 0), values.Length));
        _isShown = true;
    }

    /// <summary>Forgets the step.</summary>
    public void Clear() => (_isShown, _isGathered) = (false, false);

    /// <summary>Brings a gradient of which each rank owns a part (that of a matrix that is stepped element by element) to all; of others nothing is sent.</summary>
    public void GatherGradient(ICollectives collectives, Ownership ownership)
    {
        _isGathered = true;
        for (int rank = 0; rank < collectives.Size; rank++)
        {
            _isGathered &= !matrix.IsWithin(ownership.RangeOf(matrix.Parameter, rank));
        }

        if (!_isGathered)
        {
            return;
        }

        MatrixSlice slice = matrix.Slice;
        OwnedRange own = ownership.RangeOf(matrix.Parameter, collectives.Rank);
        Span<float> copy = new(_copies.Pointer, slice.Length);
        copy.Clear();
        for (int i = 0; i < slice.Rows; i++)
        {
            int row = slice.Offset + (i * slice.RowStride), first = Math.Max(row, own.Start), end = Math.Min(row + slice.Columns, own.Start + own.Length);
            if (first < end)
            {
                new Span<float>(matrix.Parameter.Gradient.Address + first, end - first).CopyTo(copy[((i * slice.Columns) + first - row)..]);
            }
        }

        collectives.AllReduce(copy, Reduction.Sum);
    }

    /// <summary>Where a matrix lies; nowhere if this process does not have it, or it is another rank's to tell.</summary>
    public Matrix Find(SpectrumKind kind, RoutedOptimizer optimizer, TrainingRanks? ranks)
    {
        MatrixSlice slice = matrix.Slice;
        bool isMine = ranks?.Writes != false;
        return kind switch
        {
            SpectrumKind.Gradient when !matrix.Parameter.HasGradient => default,
            SpectrumKind.Gradient when _isGathered => isMine ? Copy(slice, 0) : default,
            SpectrumKind.Gradient => ranks is null || matrix.IsWithin(optimizer.Ownership!.RangeOf(matrix.Parameter, ranks.Collectives.Rank)) ? slice.Of(matrix.Parameter.Gradient.Address) : default,
            SpectrumKind.Weights => isMine ? slice.Of(matrix.Parameter.Weights.Address) : default,
            _ when !_isShown => default,
            SpectrumKind.Momentum => optimizer.StateTensors.Single(tensor => tensor.Name == MomentumState + matrix.Parameter.Name) is var state ? slice.Of(state.Memory.Address - state.Start) : default,
            _ => Copy(slice, kind == SpectrumKind.Result ? slice.Length : 0),
        };
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => _copies.Dispose();

    private Matrix Copy(MatrixSlice slice, int start) => Numerics.Matrix.Dense(_copies.Pointer + start, slice.Rows, slice.Columns);
}
