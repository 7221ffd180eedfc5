using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Operations;

public class CrossEntropyTests
{
    private const double Tolerance = 2e-5;

    /// <summary>Tokens, width, vocabulary, rows of a chunk (0: the operation chooses).</summary>
    public static TheoryData<int, int, int, int> Sizes => new()
    {
        { 1, 1, 1, 0 }, { 1, 5, 65, 0 }, { 3, 16, 1, 0 }, { 15, 17, 2, 4 }, { 16, 64, 65, 16 }, { 17, 63, 64, 16 }, { 65, 15, 130, 64 }, { 130, 33, 65, 7 }, { 130, 16, 1000, 0 },
        { 64, 8, 15, 1 }, { 5, 4, 2500, 2 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Loss_and_gradients(int tokens, int width, int vocabulary, int chunk) =>
        Check(tokens, width, vocabulary, chunk, MatrixOrientation.OutIn, targets => targets);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Loss_and_gradients_of_a_head_stored_in_out(int tokens, int width, int vocabulary, int chunk) =>
        Check(tokens, width, vocabulary, chunk, MatrixOrientation.InOut, targets => targets);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Ignored_targets_count_for_nothing(int tokens, int width, int vocabulary, int chunk) =>
        Check(tokens, width, vocabulary, chunk, MatrixOrientation.OutIn, targets => [.. targets.Select((t, i) => i % 3 == 1 ? -1 : t)]);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_whole_chunk_of_ignored_targets_counts_for_nothing(int tokens, int width, int vocabulary, int chunk) =>
        Check(tokens, width, vocabulary, chunk, MatrixOrientation.OutIn, targets => [.. targets.Select((t, i) => i < Math.Min(16, targets.Length - 1) ? -1 : t)]);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void With_all_targets_ignored_the_loss_is_zero_and_so_is_every_gradient(int tokens, int width, int vocabulary, int chunk) =>
        Check(tokens, width, vocabulary, chunk, MatrixOrientation.OutIn, targets => [.. targets.Select(_ => -1)]);

    [Fact]
    public void The_scale_multiplies_the_gradients_and_not_the_loss() =>
        Check(17, 9, 33, 0, MatrixOrientation.OutIn, targets => targets, scale: 0.25f);

    [Fact]
    public void Survives_logits_far_beyond_the_range_of_exp() =>
        Check(17, 16, 65, 0, MatrixOrientation.OutIn, targets => targets, size: 30, tolerance: 1e-3);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Capped_logits_have_the_loss_and_gradients_of_the_cap(int tokens, int width, int vocabulary, int chunk) =>
        Check(tokens, width, vocabulary, chunk, MatrixOrientation.OutIn, targets => [.. targets.Select((t, i) => i % 5 == 1 ? -1 : t)], cap: 3);

    [Fact]
    public void A_cap_far_below_the_logits_leaves_a_finite_loss_and_one_far_above_them_changes_nothing()
    {
        Check(17, 16, 65, 0, MatrixOrientation.InOut, targets => targets, size: 30, tolerance: 1e-3, cap: 30);
        Check(17, 16, 65, 0, MatrixOrientation.OutIn, targets => targets, cap: 1e6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void A_cap_that_is_none_is_refused(double cap)
    {
        using OperationRig rig = new(1);
        (Tensor x, _) = rig.Activation("x", 1, [1.0]);
        ArgumentException error = Assert.Throws<ArgumentException>(() => rig.Tape.CrossEntropy(x, rig.Parameter("head", 1, [1.0]), rig.Tokens([0]), logitCap: cap));
        Assert.StartsWith("[cross-entropy] a cap of logits is above 0", error.Message, StringComparison.Ordinal);
    }

    private static void Check(
        int tokens, int width, int vocabulary, int chunk, MatrixOrientation orientation, Func<int[], int[]> ignore, float scale = 1, double size = 1, double tolerance = Tolerance, double? cap = null)
    {
        Check(tokens, width, vocabulary, chunk, orientation, ignore, scale, size, tolerance, shared: false, cap);
        Check(tokens, width, vocabulary, chunk, orientation, ignore, scale, size, tolerance, shared: true, cap);
    }

    private static void Check(
        int tokens, int width, int vocabulary, int chunk, MatrixOrientation orientation, Func<int[], int[]> ignore, float scale, double size, double tolerance, bool shared, double? cap)
    {
        using OperationRig rig = new(tokens + vocabulary, shared: shared);
        double[] x = rig.Random(tokens * width, size), w = rig.Random(vocabulary * width, size);
        int[] targets = ignore(rig.RandomTokens(tokens, vocabulary));
        bool outIn = orientation == MatrixOrientation.OutIn;
        (Tensor activation, Tensor input) = rig.Activation("x", tokens, x);
        Tensor head = outIn ? rig.Parameter("head", vocabulary, w) : rig.Parameter("head", width, ReferenceLinear.Transpose(w, vocabulary, width));
        Loss loss = rig.Tape.CrossEntropy(activation, head, rig.Tokens(targets), orientation, chunk, logitCap: cap);
        loss.GradientScale = scale;

        double[] logits = ReferenceLinear.Forward(x, w, null, tokens, width, vocabulary);
        if (cap is { } limit) logits = ReferenceActivation.Map(logits, z => limit * Math.Tanh(z / limit));
        double[] dLogits = ReferenceActivation.Map(ReferenceCrossEntropy.Backward(logits, targets, vocabulary), g => scale * g);
        if (cap is { } bound) dLogits = ReferenceActivation.Map(dLogits, logits, (g, z) => g * (1 - (z / bound * (z / bound))));
        double[] dHead = ReferenceLinear.BackwardWeight(dLogits, x, tokens, width, vocabulary);
        rig.Expect("x", input, ReferenceLinear.BackwardInput(dLogits, w, tokens, width, vocabulary));
        rig.Expect("head", head, outIn ? dHead : ReferenceLinear.Transpose(dHead, vocabulary, width));
        double expected = ReferenceCrossEntropy.Loss(logits, targets, vocabulary);
        int counted = targets.Count(t => t >= 0);

        rig.Compile();
        for (int run = 1; run <= 2; run++)
        {
            rig.Fill();
            rig.Tape.Forward();
            Assert.Equal(expected, loss.Mean, tolerance * (1 + expected));
            Assert.Equal(expected * counted, loss.Sum, tolerance * (1 + expected) * Math.Max(1, counted));
            Assert.Equal(counted, loss.Counted);
            rig.Backward();
            rig.Compare(run, tolerance, terms: counted == 0 ? 0 : (double)scale / counted);
        }
    }
}
