namespace MuonSharp.Optimizers.Tests;

/// <summary>Random shapes: after a clip every head's logits on the same inputs are its own factor times what they were.</summary>
public class QkClipPropertyTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_heads_logits_are_scaled_by_its_own_factor(int seed)
    {
        var shape = new RandomShape(seed);
        int keyValueHeads = shape.Next(1, 5);
        int heads = keyValueHeads * shape.Next(1, 5);
        var rig = new AttentionRig(
            heads, keyValueHeads, headWidth: shape.Next(1, 9), width: shape.Next(1, 21), time: shape.Next(1, 7),
            fused: shape.Next(0, 2) == 1, biased: shape.Next(0, 2) == 1, (ulong)(10 * seed));
        List<double>[] before = [.. Enumerable.Range(0, heads).Select(rig.Logits)];
        float[] maxima = rig.Maxima();
        float[] values = rig.Values();

        // Below the middle of the maxima, so that some heads fire and some do not; above 0, for tau is positive.
        double tau = Math.Max(0.01, maxima.Order().ElementAt(heads / 2) * 0.9);
        using var clip = new QkClip([rig.Layer], tau);
        clip.Observe(maxima);
        QkClipReport report = clip.Apply(AttentionRig.Done);

        Assert.Equal(maxima.Count(maximum => maximum > tau), report.ClippedHeads);
        Assert.Equal(report.ClippedHeads > 0, !values.AsSpan().SequenceEqual(rig.Values()));
        for (int head = 0; head < heads; head++)
        {
            double factor = maxima[head] > tau ? tau / maxima[head] : 1;
            Assert.Equal(factor, report[head].Factor, 1e-12);
            List<double> after = rig.Logits(head);
            double scale = before[head].Max(Math.Abs);
            for (int i = 0; i < after.Count; i++)
            {
                Assert.True(
                    Math.Abs(after[i] - (factor * before[head][i])) <= 1e-5 * factor * scale,
                    $"seed {seed}, head {head} of {heads} over {keyValueHeads}: {before[head][i]} became {after[i]}, not {factor} times it");
            }

            Assert.True(after.Max() <= tau * (1 + 1e-5), $"seed {seed}, head {head}: {after.Max()} is above {tau}");
        }
    }

    /// <summary>Whole numbers from the seed alone.</summary>
    private sealed class RandomShape(int seed)
    {
        private readonly Numerics.RandomStream _stream = new((ulong)seed, "shape");
        private uint _drawn;

        public int Next(int least, int end) => least + (int)(_stream.At(0, 0, _drawn++) % (uint)(end - least));
    }
}
