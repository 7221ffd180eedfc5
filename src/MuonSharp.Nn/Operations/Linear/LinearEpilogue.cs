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
        LinearEpilogue<TActivation> mine = this;
        mine._tile = tile;
        (mine._rowStride, mine._rows, mine._columns, mine._row, mine._column) = (rowStride, rows, columns, row, column);
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        if (Derivative is not null)
        {
            Rows<L, V, StoresDerivative>();
        }
        else
        {
            Rows<L, V, LeavesDerivative>();
        }
    }

    /// <summary>Apart for each case: with both formulas in one method the compiler gives up inlining.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Rows<L, V, TChoice>()
        where L : struct, ILanes<V>
        where V : struct
        where TChoice : struct, IDerivativeChoice
    {
        for (int i = 0; i < _rows; i++)
        {
            float* tile = _tile + (i * _rowStride);
            nint place = ((nint)(_row + i) * Columns) + _column;
            int j = 0;
            for (; j <= _columns - LaneDispatch.Count; j += LaneDispatch.Count)
            {
                Lanes<L, V, TChoice, FullVector>(tile + j, place + j, j);
            }

            if (j < _columns)
            {
                LastOfRow<L, V, TChoice>(tile + j, place + j, j);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void LastOfRow<L, V, TChoice>(float* tile, nint place, int column)
        where L : struct, ILanes<V>
        where V : struct
        where TChoice : struct, IDerivativeChoice => Lanes<L, V, TChoice, RowEnd>(tile, place, column);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Lanes<L, V, TChoice, TExtent>(float* tile, nint place, int column)
        where L : struct, ILanes<V>
        where V : struct
        where TChoice : struct, IDerivativeChoice
        where TExtent : struct, IVectorExtent
    {
        int left = _columns - column;
        V value = TExtent.Load<L, V>(tile, left);
        if (Bias is not null)
        {
            value = L.Add(value, TExtent.Load<L, V>(Bias + _column + column, left));
        }

        if (TChoice.Stores)
        {
            value = TActivation.Value<L, V>(value, out V derivative);
            TExtent.Store<L, V>(Derivative + place, derivative, left);
        }
        else
        {
            value = TActivation.Value<L, V>(value);
        }

        if (Residual is not null)
        {
            value = L.Add(value, TExtent.Load<L, V>(Residual + place, left));
        }

        TExtent.Store<L, V>(tile, value, left);
    }

    private interface IDerivativeChoice
    {
        static abstract bool Stores { get; }
    }

    private readonly struct StoresDerivative : IDerivativeChoice
    {
        public static bool Stores => true;
    }

    private readonly struct LeavesDerivative : IDerivativeChoice
    {
        public static bool Stores => false;
    }
}
