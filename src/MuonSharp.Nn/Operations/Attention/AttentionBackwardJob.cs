using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>All gradients of one key-value head of one sequence, and of the query heads that it serves.</summary>
internal unsafe struct AttentionBackwardJob : ITeamJob
{
    private const int BlockLength = AttentionGeometry.Block * AttentionGeometry.Block;

    public AttentionGeometry Geometry;
    public Matrix Query;
    public Matrix Key;
    public Matrix Value;
    public float* Output;
    public float* OutputGradient;
    public float* LogSumExp;
    public Matrix QueryGradient;
    public Matrix KeyGradient;
    public Matrix ValueGradient;
    public bool AddQuery;
    public bool AddKey;
    public bool AddValue;
    public float* Scratch;
    public long ScratchStride;

    /// <summary>Floats of scratch a worker needs: probabilities and their gradients of a block, and a number for each token.</summary>
    public static long ScratchLength(AttentionShape shape) => (2 * BlockLength) + MemoryPlan.Align(shape.Time);

    public readonly void Run(int task, int worker)
    {
        var (sequence, keyHead) = Math.DivRem(task, Geometry.KeyValueHeads);
        var scratch = Scratch + (worker * ScratchStride);
        for (var member = 0; member < Geometry.Group; member++)
        {
            Head(sequence, (keyHead * Geometry.Group) + member, keyHead, member == 0, scratch);
        }
    }

    private readonly void Head(int sequence, int head, int keyHead, bool firstOfGroup, float* scratch)
    {
        var tokens = Geometry.Batch * Geometry.Time;
        var output = Matrix.Dense(Output, tokens, Geometry.Heads * Geometry.Width);
        var outputGradient = Matrix.Dense(OutputGradient, tokens, Geometry.Heads * Geometry.Width);
        var dots = new RowDots
        {
            A = output.Block(sequence * Geometry.Time, head * Geometry.Width, Geometry.Time, Geometry.Width),
            B = outputGradient.Block(sequence * Geometry.Time, head * Geometry.Width, Geometry.Time, Geometry.Width),
            Dots = scratch + (2 * BlockLength),
        };
        LaneDispatch.Run(ref dots);
        for (var keyBlock = 0; keyBlock < Geometry.Blocks; keyBlock++)
        {
            var last = Geometry.LastQueryBlock(keyBlock);
            for (var queryBlock = keyBlock; queryBlock <= last; queryBlock++)
            {
                var gradient = Geometry.View(outputGradient, sequence, queryBlock, head);
                Pair(sequence, head, keyHead, keyBlock, queryBlock, gradient, firstOfGroup && queryBlock == keyBlock, scratch);
            }
        }
    }

    private readonly void Pair(
        int sequence, int head, int keyHead, int keyBlock, int queryBlock, Matrix outputGradient, bool firstForKeys, float* scratch)
    {
        var query = Geometry.View(Query, sequence, queryBlock, head);
        var key = Geometry.View(Key, sequence, keyBlock, keyHead);
        var value = Geometry.View(Value, sequence, keyBlock, keyHead);
        var probabilities = new Matrix(scratch, query.Rows, key.Rows, AttentionGeometry.Block);
        var gradients = new Matrix(scratch + BlockLength, query.Rows, key.Rows, AttentionGeometry.Block);
        MatrixProduct.Multiply(null, query, key.Transposed, probabilities, alpha: Geometry.Scale);
        MatrixProduct.Multiply(null, outputGradient, value.Transposed, gradients);
        var softmax = new SoftmaxGradient
        {
            Geometry = Geometry,
            Probabilities = probabilities,
            Gradients = gradients.Data,
            LogSumExp = LogSumExp + ((((nint)sequence * Geometry.Heads) + head) * Geometry.Time),
            Dots = scratch + (2 * BlockLength),
            FirstQuery = queryBlock * AttentionGeometry.Block,
            FirstKey = keyBlock * AttentionGeometry.Block,
        };
        LaneDispatch.Run(ref softmax);
        if (ValueGradient.Data != null)
        {
            var valueGradient = Geometry.View(ValueGradient, sequence, keyBlock, keyHead);
            MatrixProduct.Multiply(null, probabilities.Transposed, outputGradient, valueGradient, AddValue || !firstForKeys);
        }

        if (KeyGradient.Data != null)
        {
            MatrixProduct.Multiply(
                null, gradients.Transposed, query, Geometry.View(KeyGradient, sequence, keyBlock, keyHead), AddKey || !firstForKeys);
        }

        if (QueryGradient.Data != null)
        {
            var add = AddQuery || keyBlock > Geometry.FirstKeyBlock(queryBlock);
            MatrixProduct.Multiply(null, gradients, key, Geometry.View(QueryGradient, sequence, queryBlock, head), add);
        }
    }
}
