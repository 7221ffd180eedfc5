using MuonSharp.Numerics;

namespace MuonSharp.Training;

/// <summary>Rows in shuffled epochs: every row once, in another order each time. A function of the seed and the draw's number alone.</summary>
/// <remarks>A shuffle of Fisher and Yates with 64 random bits a draw, keyed by the epoch. Holds the order of one epoch: 4 bytes a row; drawing
/// allocates nothing.</remarks>
internal sealed class EpochOrder
{
    private readonly RandomStream _stream;
    private readonly int[] _order;
    private long _epoch = -1;

    public EpochOrder(int rows, ulong seed, string stream = "supervised/order")
    {
        _stream = new RandomStream(seed, stream);
        _order = new int[rows];
    }

    /// <summary>Number of rows.</summary>
    public int Rows => _order.Length;

    /// <summary>The first draw of a micro-batch: those of a step follow each other in the epoch.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="microBatch">Its number in the step, from 0.</param>
    /// <param name="gradientScale">One over the number of micro-batches of a step.</param>
    /// <param name="batch">Rows of a micro-batch.</param>
    public static long FirstDraw(long step, int microBatch, float gradientScale, int batch) => (((step - 1) * (long)Math.Round(1 / (double)gradientScale)) + microBatch) * batch;

    /// <summary>The row of a draw.</summary>
    /// <param name="draw">Its number in the whole run, from 0.</param>
    public int At(long draw)
    {
        (long epoch, long place) = Math.DivRem(draw, _order.Length);
        return At(epoch, (int)place);
    }

    /// <summary>The row at a place of an epoch.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="place">The place in it, from 0.</param>
    public int At(long epoch, int place)
    {
        if (epoch != _epoch)
        {
            Shuffle(epoch);
        }

        return _order[place];
    }

    private void Shuffle(long epoch)
    {
        _epoch = epoch;
        for (int i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }

        for (int i = _order.Length - 1; i > 0; i--)
        {
            int j = (int)_stream.Below(i + 1, (ulong)epoch, 0, i);
            (_order[i], _order[j]) = (_order[j], _order[i]);
        }
    }
}
