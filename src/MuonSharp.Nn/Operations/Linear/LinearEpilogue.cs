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
        for (var i = 0; i < _rows; i++)
        {
            var tile = _tile + (i * _rowStride);
            var place = ((nint)(_row + i) * Columns) + _column;
            var j = 0;
            for (; j <= _columns - LaneDispatch.Count; j += LaneDispatch.Count)
            {
                var value = TLanes.Load(tile + j);
                if (Bias != null)
                {
                    value = TLanes.Add(value, TLanes.Load(Bias + _column + j));
                }

                if (Derivative != null)
                {
                    value = TActivation.Value<TLanes, TVector>(value, out var derivative);
                    TLanes.Store(Derivative + place + j, derivative);
                }
                else
                {
                    value = TActivation.Value<TLanes, TVector>(value);
                }

                if (Residual != null)
                {
                    value = TLanes.Add(value, TLanes.Load(Residual + place + j));
                }

                TLanes.Store(tile + j, value);
            }

            if (j < _columns)
            {
                Rest<TLanes, TVector>(tile + j, place + j, j);
            }
        }
    }

    /// <summary>The columns of a row that fill no whole vector, apart so that the loop above keeps its values in registers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Rest<TLanes, TVector>(float* tile, nint place, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var left = _columns - column;
        var value = RowLanes.Load<TLanes, TVector>(tile, left);
        if (Bias != null)
        {
            value = TLanes.Add(value, RowLanes.Load<TLanes, TVector>(Bias + _column + column, left));
        }

        value = TActivation.Value<TLanes, TVector>(value, out var derivative);
        if (Derivative != null)
        {
            RowLanes.Store<TLanes, TVector>(Derivative + place, derivative, left);
        }

        if (Residual != null)
        {
            value = TLanes.Add(value, RowLanes.Load<TLanes, TVector>(Residual + place, left));
        }

        RowLanes.Store<TLanes, TVector>(tile, value, left);
    }
}
