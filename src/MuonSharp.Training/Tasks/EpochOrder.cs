using MuonSharp.Numerics;

namespace MuonSharp.Training;

/// <summary>Rows in shuffled epochs: every row once, in another order each time. A function of the seed and the draw's number alone.</summary>
/// <remarks>A shuffle of Fisher and Yates with 64 random bits a draw, keyed by the epoch. Holds the order of one epoch: 12 bytes a row; drawing
/// allocates nothing.</remarks>
internal sealed class EpochOrder
{
    private readonly RandomStream _stream;
    private readonly int[] _order;
    private readonly uint[] _bits;
    private long _epoch = -1;

    public EpochOrder(int rows, ulong seed, string stream = "supervised/order")
    {
        _stream = new RandomStream(seed, stream);
        _order = new int[rows];
        _bits = new uint[2 * rows];
    }

    /// <summary>Number of rows.</summary>
    public int Rows => _order.Length;

    /// <summary>The row of a draw.</summary>
    /// <param name="draw">Its number in the whole run, from 0.</param>
    public int At(long draw)
    {
        long epoch = draw / _order.Length;
        if (epoch != _epoch)
        {
            Shuffle(epoch);
        }

        return _order[draw % _order.Length];
    }

    private void Shuffle(long epoch)
    {
        _epoch = epoch;
        _stream.Fill(_bits, (ulong)epoch, 0);
        for (int i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }

        for (int i = _order.Length - 1; i > 0; i--)
        {
            ulong bits = ((ulong)_bits[2 * i] << 32) | _bits[(2 * i) + 1];
            int j = (int)Math.BigMul(bits, (ulong)i + 1, out _);
            (_order[i], _order[j]) = (_order[j], _order[i]);
        }
    }
}
