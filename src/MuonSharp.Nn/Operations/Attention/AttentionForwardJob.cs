using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>One block of queries of one head against the keys it sees. The last blocks, which see most, are the first tasks.</summary>
internal unsafe struct AttentionForwardJob : ITeamJob
{
    /// <summary>Floats of scratch a worker needs: the block of logits, each row's maximum and sum.</summary>
    public const int ScratchLength = (AttentionGeometry.Block * AttentionGeometry.Block) + (2 * AttentionGeometry.Block);

    public AttentionGeometry Geometry;
    public Matrix Query;
    public Matrix Key;
    public Matrix Value;
    public float* Output;
    public float* LogSumExp;
    public float* Maxima;
    public float* Scratch;

    public readonly void Run(int task, int worker)
    {
        var heads = Geometry.Batch * Geometry.Heads;
        var queryBlock = Geometry.Blocks - 1 - (task / heads);
        var (sequence, head) = Math.DivRem(task % heads, Geometry.Heads);
        var keyHead = head / Geometry.Group;
        var rows = Geometry.Rows(queryBlock);
        var all = Matrix.Dense(Output, Geometry.Batch * Geometry.Time, Geometry.Heads * Geometry.Width);
        var query = Geometry.View(Query, sequence, queryBlock, head);
        var output = Geometry.View(all, sequence, queryBlock, head);
        var scratch = Scratch + ((nint)worker * ScratchLength);
        var softmax = new OnlineSoftmax
        {
            Geometry = Geometry,
            Logits = scratch,
            Maximum = scratch + (AttentionGeometry.Block * AttentionGeometry.Block),
            Output = output,
            FirstQuery = queryBlock * AttentionGeometry.Block,
        };
        softmax.Sum = softmax.Maximum + AttentionGeometry.Block;
        softmax.Start();
        var first = Geometry.FirstKeyBlock(queryBlock);
        for (var block = first; block <= queryBlock; block++)
        {
            var keys = Geometry.Rows(block);
            var logits = new Matrix(scratch, rows, keys, AttentionGeometry.Block);
            MatrixProduct.Multiply(null, query, Geometry.View(Key, sequence, block, keyHead).Transposed, logits, alpha: Geometry.Scale);
            softmax.FirstKey = block * AttentionGeometry.Block;
            softmax.Keys = keys;
            LaneDispatch.Run(ref softmax);
            MatrixProduct.Multiply(null, logits, Geometry.View(Value, sequence, block, keyHead), output, accumulate: block > first);
        }

        var at = (((nint)sequence * Geometry.Heads) + head) * Geometry.Time;
        var finish = new OnlineSoftmaxEnd
        {
            Maximum = softmax.Maximum,
            Sum = softmax.Sum,
            Output = output,
            LogSumExp = LogSumExp + at + (queryBlock * AttentionGeometry.Block),
        };
        LaneDispatch.Run(ref finish);
        Maxima[(((sequence * Geometry.Blocks) + queryBlock) * Geometry.Heads) + head] = finish.Largest;
    }
}
