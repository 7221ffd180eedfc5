using MuonSharp.Numerics.Tests;

namespace MuonSharp.Optimizers.Tests;

public class QkClipTests
{
    private static AttentionRig Rig(int heads = 4, int keyValueHeads = 2) =>
        new(heads, keyValueHeads, headWidth: 3, width: 5, time: 4, fused: false, biased: true, seed: 5);

    [Fact]
    public void Heads_that_share_a_key_get_the_exact_rule()
    {
        AttentionRig rig = Rig();
        (float[] query, float[] key) = (rig.Query.Weights.Span.ToArray(), rig.Key.Weights.Span.ToArray());
        using var clip = new QkClip([rig.Layer], tau: 10);
        clip.Observe([40, 20, 5, -7]);
        Assert.Equal(2, clip.Apply(skipped: false).ClippedHeads);

        // The first group's least factor is 1/4: its key takes 1/2, its queries 1/2 and 1; the second group stays to the bit.
        float[] factors = [0.5f, 1, 1, 1];
        Assert.All(query, (value, i) => Assert.Equal(factors[i / 15] * value, rig.Query.Weights.Span[i]));
        Assert.All(key, (value, i) => Assert.Equal((i < 15 ? 0.5f : 1) * value, rig.Key.Weights.Span[i]));
    }

    [Fact]
    public void Latent_attention_scales_both_parts_of_a_head_where_they_alternate()
    {
        // Per head 2 rows of the first part and 3 of the rotary one; keys: 2 rows of the first part and 4 of values.
        Parameter query = AttentionRig.Make("q_b_proj.weight", [10, 3], null, 1);
        Parameter keyValue = AttentionRig.Make("kv_b_proj.weight", [12, 2], null, 2);
        (float[] q, float[] kv) = (query.Weights.Span.ToArray(), keyValue.Weights.Span.ToArray());
        var layer = new AttentionHeads("mla", 2, 2, [
            new HeadSlice(query, HeadSide.Query, 0, 2, 5), new HeadSlice(query, HeadSide.QueryOfSharedKey, 2, 3, 5), new HeadSlice(keyValue, HeadSide.Key, 0, 2, 6)]);
        using var clip = new QkClip([layer], tau: 25);
        clip.Observe([1, 100]);
        clip.Apply(skipped: false);

        Assert.All(q, (value, i) => Assert.Equal((i / 3) switch { < 5 => 1, < 7 => 0.5f, _ => 0.25f } * value, query.Weights.Span[i]));
        Assert.All(kv, (value, i) => Assert.Equal((i / 2) is 6 or 7 ? 0.5f * value : value, keyValue.Weights.Span[i]));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(-1e30f)]
    [InlineData(100f)]
    public void A_maximum_that_is_negative_or_not_finite_or_just_tau_never_clips(float maximum)
    {
        AttentionRig rig = Rig();
        float[] before = rig.Values();
        using var clip = new QkClip([rig.Layer]);
        clip.Observe([maximum, maximum, maximum, maximum]);

        QkClipReport report = clip.Apply(skipped: false);

        Assert.Equal((0, maximum, 1, 1, 0), (report.ClippedHeads, report[3].MaximumLogit, report[3].Factor, report[3].AccumulatedFactor, report[3].Clips));
        Assert.Equal(before, rig.Values());
    }

    [Fact]
    public void A_skipped_step_clips_nothing_and_leaves_nothing_for_the_next_one()
    {
        AttentionRig rig = Rig();
        float[] before = rig.Values();
        using var clip = new QkClip([rig.Layer]);
        clip.Observe([1000, 1000, 1000, 1000]);
        Assert.Equal(0, clip.Apply(skipped: true).ClippedHeads);
        clip.Observe([1, 1, 1, 1]);
        Assert.Equal(0, clip.Apply(skipped: false).ClippedHeads);
        Assert.Equal(0, clip.Apply(skipped: false).ClippedHeads);

        Assert.Equal(before, rig.Values());
    }

    [Fact]
    public void Micro_batches_count_with_their_greatest_maximum_and_a_NaN_stays_one()
    {
        AttentionRig rig = Rig();
        using var clip = new QkClip([rig.Layer]);
        clip.Observe([50, 400, -3, 300]);
        clip.Observe([200, 10, -5, float.NaN]);
        clip.Observe([100, 20, -9, 500]);

        QkClipReport report = clip.Apply(skipped: false);

        Assert.Equal([200, 400, -3, float.NaN], Enumerable.Range(0, 4).Select(head => report[head].MaximumLogit));
        Assert.Equal([0.5, 0.25, 1, 1], Enumerable.Range(0, 4).Select(head => report[head].Factor));
    }

    [Fact]
    public void Factors_accumulate_without_underflow_and_are_named_by_layer()
    {
        AttentionRig rig = Rig();
        var other = new AttentionHeads("other", 1, 1, [new HeadSlice(rig.QueryBias!, HeadSide.QueryOfSharedKey, 0, 3, 3)]);
        using var clip = new QkClip([rig.Layer, other]);
        for (int step = 0; step < 200; step++)
        {
            clip.Observe([1000, 1, 1, 1, 200]);
            clip.Apply(skipped: false);
        }

        clip.Observe([1, 1, 1, 1, 1]);
        QkClipReport report = clip.Apply(skipped: false);
        Assert.Equal(
            ["qk-clip.log-factor/attn", "qk-clip.log-factor/other", "qk-clip.clips/attn", "qk-clip.clips/other"], clip.StateTensors.Select(tensor => tensor.Name));
        Assert.Equal(1e-200, report[0].AccumulatedFactor, 1e-203);
        Assert.Equal((1, 0, 200L), (report[4].Layer, report[4].Head, report[4].Clips));
        Assert.Equal(Math.Pow(2, -200), report[4].AccumulatedFactor, Math.Pow(2, -210));
        Assert.Equal((5, 1.0), (report.Count, report[1].AccumulatedFactor));
    }

    [Fact]
    public void Gains_that_every_head_has_of_its_own_take_the_factors()
    {
        (Parameter query, Parameter key) = (AttentionRig.Make("q_norm", [8], null, 1), AttentionRig.Make("k_norm", [4], null, 2));
        (float[] q, float[] k) = (query.Weights.Span.ToArray(), key.Weights.Span.ToArray());
        using var clip = new QkClip([AttentionHeads.Normalized("layer", 4, 2, 2, query, key)], tau: 10);
        clip.Observe([40, 20, 5, 10]);
        clip.Apply(skipped: false);

        Assert.All(q, (value, i) => Assert.Equal((i < 2 ? 0.5f : 1) * value, query.Weights.Span[i]));
        Assert.All(k, (value, i) => Assert.Equal((i < 2 ? 0.5f : 1) * value, key.Weights.Span[i]));
    }

    [Fact]
    public void Where_key_heads_share_their_gain_the_queries_take_the_whole_factor()
    {
        (Parameter query, Parameter key) = (AttentionRig.Make("q_norm", [8], null, 1), AttentionRig.Make("k_norm", [2], null, 2));
        (float[] q, float[] k) = (query.Weights.Span.ToArray(), key.Weights.Span.ToArray());
        using var clip = new QkClip([AttentionHeads.Normalized("layer", 4, 2, 2, query, key)], tau: 10);
        clip.Observe([40, 20, 5, 10]);
        clip.Apply(skipped: false);

        float[] factors = [0.25f, 0.5f, 1, 1];
        Assert.All(q, (value, i) => Assert.Equal(factors[i / 2] * value, query.Weights.Span[i]));
        Assert.Equal(k, key.Weights.Span.ToArray());
    }

    [Fact]
    public void Query_gains_that_heads_share_are_refused()
    {
        (Parameter query, Parameter key) = (AttentionRig.Make("q_norm", [2], null, 1), AttentionRig.Make("k_norm", [2], null, 2));
        ArgumentException error = Assert.Throws<ArgumentException>(() => new QkClip([AttentionHeads.Normalized("layer", 4, 2, 2, query, key)]));

        Assert.Equal(
            "[qk-clip] each head's logits can be scaled alone; layer 'layer': the gain 'q_norm' of its normalized queries is shared by 4 heads, "
            + "so no head can have a factor of its own. Switch the clip off",
            error.Message);
        Assert.Null(AttentionHeads.Normalized("layer", 1, 1, 2, query, key).Obstacle);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        AttentionRig rig = Rig();
        Assert.Contains("tau is a positive number", Assert.Throws<ArgumentException>(() => new QkClip([rig.Layer], tau: 0)).Message, StringComparison.Ordinal);
        Assert.Contains("tau is a positive number", Assert.Throws<ArgumentException>(() => new QkClip([rig.Layer], double.NaN)).Message, StringComparison.Ordinal);
        Assert.Contains("no layer came", Assert.Throws<ArgumentException>(() => new QkClip([])).Message, StringComparison.Ordinal);
        Assert.Contains("'attn' came twice", Assert.Throws<ArgumentException>(() => new QkClip([rig.Layer, rig.Layer])).Message, StringComparison.Ordinal);
        using var clip = new QkClip([rig.Layer]);
        Assert.Contains("each of 4 heads; 3 came", Assert.Throws<ArgumentException>(() => clip.Observe([1, 2, 3])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new AttentionHeads("a", 4, 3, rig.Layer.Slices));
        Assert.Throws<ArgumentException>(() => new AttentionHeads("a", 4, 2, []));
        Assert.Throws<ArgumentException>(() => new AttentionHeads("a", 4, 2, [rig.Layer.Slices[0]]));
        Assert.Throws<ArgumentException>(() => new AttentionHeads("a", 8, 2, rig.Layer.Slices));
        Assert.Throws<ArgumentException>(() => new AttentionHeads("a", 1, 1, [new HeadSlice(rig.Query, HeadSide.QueryOfSharedKey, 0, 3, 2)]));
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        AttentionRig rig = Rig();
        using var clip = new QkClip([rig.Layer]);
        float[] maxima = [400, 101, 5, 150];
        Assert.Equal(0, ManagedBytes.LeastOf(Step));
        Assert.Equal(6, clip.Apply(skipped: false)[0].Clips);

        void Step()
        {
            clip.Observe(maxima);
            Assert.True(clip.Apply(skipped: false)[3].AccumulatedFactor < 1);
        }
    }
}
