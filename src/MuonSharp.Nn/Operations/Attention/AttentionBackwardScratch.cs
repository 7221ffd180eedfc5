namespace MuonSharp.Nn;

/// <summary>Working memory of one backward task of attention: one head's rows, dense and padded, and one block of keys with its probabilities.</summary>
internal readonly unsafe struct AttentionBackwardScratch
{
    private const int Block = AttentionGeometry.Block;
    private const int LogitLength = Block * AttentionGeometry.LogitStride;

    /// <summary>Divides memory of <see cref="Length"/> floats.</summary>
    public AttentionBackwardScratch(float* memory, int blocks, int padded)
    {
        var (all, one) = ((nint)blocks * Block * padded, Block * padded);
        Queries = memory;
        Scaled = Queries + all;
        OutputGradients = Scaled + all;
        QueryGradients = OutputGradients + all;
        Dots = QueryGradients + all;
        Keys = Dots + (blocks * Block);
        KeysTransposed = Keys + one;
        ValuesTransposed = KeysTransposed + one;
        KeyGradients = ValuesTransposed + one;
        ValueGradients = KeyGradients + one;
        Probabilities = ValueGradients + one;
        Gradients = Probabilities + LogitLength;
    }

    public float* Queries { get; }

    /// <summary>Queries times the scale of the logits.</summary>
    public float* Scaled { get; }

    public float* OutputGradients { get; }

    public float* QueryGradients { get; }

    /// <summary>The inner product of each token's output and its gradient.</summary>
    public float* Dots { get; }

    public float* Keys { get; }

    /// <summary>[width, block], as are the values.</summary>
    public float* KeysTransposed { get; }

    public float* ValuesTransposed { get; }

    public float* KeyGradients { get; }

    public float* ValueGradients { get; }

    /// <summary>[block, block], rows apart by <see cref="AttentionGeometry.LogitStride"/>, as are their gradients.</summary>
    public float* Probabilities { get; }

    public float* Gradients { get; }

    /// <summary>Floats of memory: linear in the tokens of a sequence.</summary>
    public static long Length(AttentionShape shape)
    {
        var (blocks, padded) = (Cut.Pieces(shape.Time, Block), HeadRows.Padded(shape.HeadWidth));
        return (4L * blocks * Block * padded) + (blocks * Block) + (5L * Block * padded) + (2 * LogitLength);
    }
}
