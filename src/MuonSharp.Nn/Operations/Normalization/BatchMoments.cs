using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MuonSharp.Nn;

/// <summary>What a batch norm's last training run has measured of each column, kept where the running statistics are moved later.</summary>
/// <param name="width">Columns.</param>
internal sealed unsafe class BatchMoments(int width)
{
    /// <summary>The rows, then each column's squares, then each column's mean.</summary>
    private readonly double[] _values = GC.AllocateArray<double>(1 + (2 * width), pinned: true);

    /// <summary>Bytes of it.</summary>
    public int Length => _values.Length * sizeof(double);

    /// <summary>Whether a run is kept here and moves nothing.</summary>
    public bool Holds { get; set; }

    /// <summary>Begins a run over so many rows; where it keeps each column's sum of squared distances from the mean, and then each column's mean. Null where runs are not kept.</summary>
    public double* Begin(int rows)
    {
        _values[0] = rows;
        return Holds ? (double*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_values)) + 1 : null;
    }

    /// <summary>The last run's bytes.</summary>
    public void Read(Span<byte> run) => MemoryMarshal.AsBytes(_values.AsSpan()).CopyTo(run);

    /// <summary>Moves running statistics by a run.</summary>
    public static void Take(ReadOnlySpan<byte> run, Span<float> mean, Span<float> variance, double momentum)
    {
        ReadOnlySpan<double> values = MemoryMarshal.Cast<byte, double>(run);
        for (int column = 0; column < mean.Length; column++)
        {
            Move(ref mean[column], ref variance[column], momentum, (float)values[1 + mean.Length + column], values[1 + column], (int)values[0]);
        }
    }

    /// <summary>r + momentum (b - r) of a column's mean and unbiased variance; a batch that is not finite leaves them as they are.</summary>
    /// <param name="mean">The running mean.</param>
    /// <param name="variance">The running variance.</param>
    /// <param name="momentum">Share of the batch.</param>
    /// <param name="batch">Mean of the batch.</param>
    /// <param name="squares">Σ (x - mean)².</param>
    /// <param name="rows">Rows of the batch.</param>
    public static void Move(ref float mean, ref float variance, double momentum, float batch, double squares, int rows)
    {
        if (double.IsFinite(squares) && float.IsFinite(batch))
        {
            mean = (float)(((1 - momentum) * mean) + (momentum * batch));
            variance = (float)(((1 - momentum) * variance) + (momentum * squares / (rows - 1)));
        }
    }
}
