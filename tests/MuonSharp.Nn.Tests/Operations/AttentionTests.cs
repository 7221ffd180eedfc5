using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Operations;

public class AttentionTests
{
    private const double Tolerance = 2e-5;

    /// <summary>Batch, time, heads, key-value heads, head width, window.</summary>
    public static TheoryData<int, int, int, int, int, int?> Shapes => new()
    {
        { 1, 1, 1, 1, 1, null }, { 1, 1, 2, 1, 5, 1 }, { 3, 2, 1, 1, 3, null }, { 1, 15, 2, 2, 7, null }, { 3, 16, 2, 1, 16, null }, { 1, 17, 4, 2, 8, null },
        { 1, 17, 3, 3, 5, 1 }, { 2, 33, 2, 2, 15, 2 }, { 1, 63, 2, 2, 32, null }, { 3, 64, 1, 1, 32, null }, { 1, 65, 4, 1, 17, null }, { 1, 64, 2, 2, 64, 16 },
        { 2, 65, 2, 2, 6, 64 }, { 1, 130, 2, 1, 10, null }, { 1, 130, 1, 1, 33, 63 }, { 1, 130, 2, 2, 4, 65 }, { 1, 130, 2, 2, 4, 500 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Of_separate_projections(int batch, int time, int heads, int groups, int headWidth, int? window)
    {
        foreach (bool shared in new[] { false, true })
        {
            using OperationRig rig = new(time + heads, shared: shared) { Sequences = new(batch, time) };
            Case c = new(rig, batch, time, heads, groups, headWidth, window);
            (Tensor q, Tensor qInput) = rig.Activation("q", batch * time, c.Q);
            (Tensor k, Tensor kInput) = rig.Activation("k", batch * time, c.K);
            (Tensor v, Tensor vInput) = rig.Activation("v", batch * time, c.V);
            AttentionResult result = rig.Tape.Attention(q, k, v, c.Shape);
            rig.Expect("q", qInput, c.DQ);
            rig.Expect("k", kInput, c.DK);
            rig.Expect("v", vInput, c.DV);
            rig.Run(result.Output, c.Output, c.DY, Tolerance);
            Agreement.Within("maximum logits", c.MaximumLogits, result.MaximumLogits.Value, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Of_one_fused_projection(int batch, int time, int heads, int groups, int headWidth, int? window)
    {
        foreach (bool shared in new[] { false, true })
        {
            using OperationRig rig = new(time + heads, shared: shared) { Sequences = new(batch, time) };
            Case c = new(rig, batch, time, heads, groups, headWidth, window);
            (Tensor fused, Tensor input) = rig.Activation("fused", batch * time, Fuse(batch * time, c.Q, c.K, c.V));
            AttentionResult result = rig.Tape.Attention(fused, c.Shape);
            rig.Expect("fused", input, Fuse(batch * time, c.DQ, c.DK, c.DV));
            rig.Run(result.Output, c.Output, c.DY, Tolerance);
            Agreement.Within("maximum logits", c.MaximumLogits, result.MaximumLogits.Value, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void On_a_tape_for_inference(int batch, int time, int heads, int groups, int headWidth, int? window)
    {
        using OperationRig rig = new(time + heads, training: false) { Sequences = new(batch, time) };
        Case c = new(rig, batch, time, heads, groups, headWidth, window);
        (Tensor fused, _) = rig.Activation("fused", batch * time, Fuse(batch * time, c.Q, c.K, c.V));
        AttentionResult result = rig.Tape.Attention(fused, c.Shape);
        rig.RunForward(result.Output, c.Output, Tolerance);
        Agreement.Within("maximum logits", c.MaximumLogits, result.MaximumLogits.Value, Tolerance);
    }

    /// <summary>Logits in the thousands: exp would overflow without the running maximum, and the weights are all but one-hot.</summary>
    [Fact]
    public void Survives_logits_far_beyond_the_range_of_exp()
    {
        using OperationRig rig = new(3) { Sequences = new(1, 70) };
        Case c = new(rig, 1, 70, 2, 2, 16, null, scale: 40);
        (Tensor fused, Tensor input) = rig.Activation("fused", 70, Fuse(70, c.Q, c.K, c.V));
        AttentionResult result = rig.Tape.Attention(fused, c.Shape);
        Assert.True(c.MaximumLogits.Max() > 2000);
        rig.Expect("fused", input, Fuse(70, c.DQ, c.DK, c.DV));
        rig.Run(result.Output, c.Output, c.DY, 2e-2);
        Agreement.Within("maximum logits", c.MaximumLogits, result.MaximumLogits.Value, 1e-6);
    }

    /// <summary>Documents in a row, some across the blocks of 64, one that began in an earlier sequence: as if each stood alone.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(20)]
    public void Packed_documents_see_nothing_of_each_other(int? window)
    {
        const int Batch = 2, Time = 200, Heads = 4, Groups = 2, HeadWidth = 10;
        int[][] lengths = [[130, 1, 7, 62], [3, 61, 64, 72]];
        using OperationRig rig = new(5);
        TokenBuffer positions = rig.Tape.Tokens("positions", Batch * Time);
        var sequences = new Sequences(Batch, Time) { Positions = positions, Context = 500 };
        Case c = new(rig, Batch, Time, Heads, Groups, HeadWidth, window);
        (double[] output, double[] maximum) = (new double[c.Q.Length], [.. Enumerable.Repeat(double.NegativeInfinity, Heads)]);
        (double[] dq, double[] dk, double[] dv) = (new double[c.Q.Length], new double[c.K.Length], new double[c.V.Length]);
        int row = 0;
        foreach (int length in lengths.SelectMany(l => l))
        {
            for (int t = 0; t < length; t++) positions.Span[row + t] = t + (row == 0 ? 300 : 0);
            Range wide = (row * Heads * HeadWidth)..((row + length) * Heads * HeadWidth), narrow = (row * Groups * HeadWidth)..((row + length) * Groups * HeadWidth);
            ReferenceAttention alone = new(1, length, Heads, Groups, HeadWidth, window);
            (double[] y, double[] logits) = alone.Forward(c.Q[wide], c.K[narrow], c.V[narrow]);
            (double[] q, double[] k, double[] v) = alone.Backward(c.DY[wide], c.Q[wide], c.K[narrow], c.V[narrow]);
            y.CopyTo(output, wide.Start.Value);
            q.CopyTo(dq, wide.Start.Value);
            k.CopyTo(dk, narrow.Start.Value);
            v.CopyTo(dv, narrow.Start.Value);
            for (int head = 0; head < Heads; head++) maximum[head] = Math.Max(maximum[head], logits[head]);
            row += length;
        }

        Tensor fused = rig.Tape.Input("fused", sequences, (Heads + (2 * Groups)) * HeadWidth, gradient: true);
        AttentionResult result = rig.Tape.Attention(fused, c.Shape);
        rig.Tape.Output(result.Output);
        rig.Tape.Seed(result.Output);
        rig.Compile();
        Agreement.ToFloats(Fuse(Batch * Time, c.Q, c.K, c.V)).CopyTo(fused.Value);
        rig.Tape.Forward();
        Agreement.Within("output", output, result.Output.Value, Tolerance);
        Agreement.Within("maximum logits", maximum, result.MaximumLogits.Value, Tolerance);
        Agreement.ToFloats(c.DY).CopyTo(result.Output.Gradient);
        rig.Backward();
        Agreement.Within("gradient", Fuse(Batch * Time, dq, dk, dv), fused.Gradient, Tolerance, 1);
    }

    [Fact]
    public void The_maximum_logit_keeps_its_sign_when_all_logits_are_negative()
    {
        using OperationRig rig = new(3, training: false) { Sequences = new(1, 4) };
        double[] q = [.. Enumerable.Repeat(1.0, 8)], k = [-1, -2, -3, -4, -5, -6, -7, -8], v = rig.Random(8);
        (Tensor fused, _) = rig.Activation("fused", 4, Fuse(4, q, k, v));
        (double[] output, double[] maximum) = new ReferenceAttention(1, 4, 1, 1, 2).Forward(q, k, v);
        AttentionResult result = rig.Tape.Attention(fused, new AttentionShape { Heads = 1, HeadWidth = 2 });
        rig.RunForward(result.Output, output, Tolerance);
        Assert.Equal(-3 / Math.Sqrt(2), maximum[0], 1e-12);
        Agreement.Within("maximum logits", maximum, result.MaximumLogits.Value, 1e-6);
    }

    /// <summary>Rows of Q, K and V side by side.</summary>
    private static double[] Fuse(int tokens, params double[][] parts)
    {
        List<double> rows = [];
        for (int t = 0; t < tokens; t++)
            foreach (double[] part in parts)
                rows.AddRange(part.AsSpan(t * (part.Length / tokens), part.Length / tokens));
        return [.. rows];
    }

    private sealed class Case
    {
        public Case(OperationRig rig, int batch, int time, int heads, int groups, int headWidth, int? window, double scale = 1.5)
        {
            ReferenceAttention attention = new(batch, time, heads, groups, headWidth, window);
            Q = rig.Random(batch * time * heads * headWidth, scale);
            K = rig.Random(batch * time * groups * headWidth, scale);
            V = rig.Random(batch * time * groups * headWidth);
            DY = rig.Random(Q.Length);
            (Output, MaximumLogits) = attention.Forward(Q, K, V);
            (DQ, DK, DV) = attention.Backward(DY, Q, K, V);
            Shape = new AttentionShape { Heads = heads, KeyValueHeads = groups, HeadWidth = headWidth, Window = window };
        }

        public AttentionShape Shape { get; }

        public double[] Q { get; }

        public double[] K { get; }

        public double[] V { get; }

        public double[] DY { get; }

        public double[] Output { get; }

        public double[] MaximumLogits { get; }

        public double[] DQ { get; }

        public double[] DK { get; }

        public double[] DV { get; }
    }
}
