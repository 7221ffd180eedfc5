using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>tile = f(tile + bias) + residual, and the derivative of f put aside where the backward run needs it.</summary>
internal unsafe struct LinearEpilogue<TActivation> : ITileEpilogue, ILaneKernel
    where TActivation : struct, IActivation
{
    public float* Bias;
    public float* Residual;
    public float* Derivative;
    public int Columns;
    private float* _tile;
    private nint _rowStride;
    private int _rows;
    private int _columns;
    private int _row;
    private int _column;

    public readonly void Apply(float* tile, nint rowStride, int rows, int columns, int row, int column)
    {
        var mine = this;
        mine._tile = tile;
        (mine._rowStride, mine._rows, mine._columns, mine._row, mine._column) = (rowStride, rows, columns, row, column);
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        if (Derivative != null)
        {
            Rows<TLanes, TVector, Kept>();
        }
        else
        {
            Rows<TLanes, TVector, NotKept>();
        }
    }

    /// <summary>Apart for each case: with both formulas in one method the compiler gives up inlining.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Rows<TLanes, TVector, TKeeping>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TKeeping : struct, IKeeping
    {
        for (var i = 0; i < _rows; i++)
        {
            var tile = _tile + (i * _rowStride);
            var place = ((nint)(_row + i) * Columns) + _column;
            var j = 0;
            for (; j <= _columns - LaneDispatch.Count; j += LaneDispatch.Count)
            {
                Lanes<TLanes, TVector, TKeeping, Whole>(tile + j, place + j, j);
            }

            if (j < _columns)
            {
                LastOfRow<TLanes, TVector, TKeeping>(tile + j, place + j, j);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void LastOfRow<TLanes, TVector, TKeeping>(float* tile, nint place, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TKeeping : struct, IKeeping => Lanes<TLanes, TVector, TKeeping, Part>(tile, place, column);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Lanes<TLanes, TVector, TKeeping, TExtent>(float* tile, nint place, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TKeeping : struct, IKeeping
        where TExtent : struct, IExtent
    {
        var left = _columns - column;
        var value = TExtent.Load<TLanes, TVector>(tile, left);
        if (Bias != null)
        {
            value = TLanes.Add(value, TExtent.Load<TLanes, TVector>(Bias + _column + column, left));
        }

        if (TKeeping.Keeps)
        {
            value = TActivation.Value<TLanes, TVector>(value, out var derivative);
            TExtent.Store<TLanes, TVector>(Derivative + place, derivative, left);
        }
        else
        {
            value = TActivation.Value<TLanes, TVector>(value);
        }

        if (Residual != null)
        {
            value = TLanes.Add(value, TExtent.Load<TLanes, TVector>(Residual + place, left));
        }

        TExtent.Store<TLanes, TVector>(tile, value, left);
    }

    private interface IKeeping
    {
        static abstract bool Keeps { get; }
    }

    private readonly struct Kept : IKeeping
    {
        public static bool Keeps => true;
    }

    private readonly struct NotKept : IKeeping
    {
        public static bool Keeps => false;
    }
}
