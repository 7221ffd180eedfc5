using MuonSharp.Conformance.Cases;
using MuonSharp.Formats;
using MuonSharp.Optimizers;
using MuonSharp.TorchSharp.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace MuonSharp.TorchSharp.Tests.QkClips;

public class QkClipTests : TorchTest
{
    public static TheoryData<string> Cases =>
        [.. GoldenFolders.Cases().Where(folder => File.Exists(Path.Combine(GoldenFolders.Root, folder, GoldenCase.FileName)) && GoldenCase.Open(folder).Kind == "qk-clip")];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_golden_case_is_kept(string folder)
    {
        using DisposeScope scope = NewDisposeScope();
        GoldenCase golden = GoldenCase.Open(folder);
        using SafetensorsFile file = golden.Tensors();
        int heads = golden.Whole("heads"), keys = (int?)golden.Description["key_value_heads"] ?? heads;
        Dictionary<string, HeadRows> rows = file.Tensors.Select(entry => entry.Name).Where(name => SideOf(name) is not null).ToDictionary(name => name, name => Rows(file, name, heads, keys));
        using var clip = new QkClip(golden.Number("tau"));
        AttentionWeights layer = clip.Register(new AttentionWeights("layer", heads, keys, [.. rows.Values]));
        clip.Observe(layer, tensor(file.Floats("max_logit")));
        clip.Clip();
        Assert.All(file.Floats("gamma"), (gamma, head) => Tensors.Within($"factor of head {head}", Math.Abs(clip.Report()[head].Factor - gamma), golden.Tolerance()));
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Tensors.Within(row.Key, Values.Relative(row.Value.Parameter, tensor(file.Floats($"expected/{row.Key}")).reshape(row.Value.Parameter.shape)), golden.Tolerance()));
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(4, 2)]
    public void Each_heads_logits_are_scaled_by_its_own_factor_in_separate_and_fused_layers(int heads, int keys)
    {
        using DisposeScope scope = NewDisposeScope();
        const int Width = 6, Inputs = 10;
        Linear query = nn.Linear(Inputs, heads * Width), key = nn.Linear(Inputs, keys * Width), fused = nn.Linear(Inputs, (heads + (2 * keys)) * Width);
        using var clip = new QkClip(0.05);
        AttentionWeights separate = clip.Register(AttentionWeights.Separate("separate", query, key, heads, keys));
        AttentionWeights one = clip.Register(AttentionWeights.Fused("fused", fused, heads, keys));
        Tensor x = Values.Normal([3, 7, Inputs], "x");
        Tensor[] before = [Logits(query.call(x), key.call(x), heads, keys), FusedLogits()];
        Tensor values = fused.weight.slice(0, (heads + keys) * Width, (heads + (2 * keys)) * Width, 1).clone();
        clip.Observe(separate, before[0]);
        clip.Observe(one, before[1]);
        clip.Clip();
        Tensor[] after = [Logits(query.call(x), key.call(x), heads, keys), FusedLogits()];
        for (int layer = 0; layer < 2; layer++)
        {
            Assert.All(before[layer].Floats().Zip(after[layer].Floats()), pair => Assert.Equal(Math.Min(pair.First, 0.05f), pair.Second, 1e-5f));
        }

        Assert.Contains(before[0].Floats(), logit => logit > 0.05f);
        Assert.Equal(values.Floats(), fused.weight.slice(0, (heads + keys) * Width, (heads + (2 * keys)) * Width, 1).Floats());
        Assert.Equal(2 * heads, clip.Report().Length);

        Tensor FusedLogits()
        {
            Tensor[] parts = fused.call(x).split([heads * Width, keys * Width, keys * Width], -1);
            return Logits(parts[0], parts[1], heads, keys);
        }
    }

    [Fact]
    public void A_latent_layers_plain_parts_share_the_factor_and_the_rotary_query_takes_it_all()
    {
        using DisposeScope scope = NewDisposeScope();
        Linear query = nn.Linear(5, 2 * 7, hasBias: false), keyValue = nn.Linear(4, 2 * 9, hasBias: false);
        float[] q = query.weight.Floats(), kv = keyValue.weight.Floats();
        using var clip = new QkClip(100);
        AttentionWeights layer = clip.Register(AttentionWeights.Latent("mla", query, keyValue, heads: 2, plain: 4, rotary: 3));
        clip.Observe(layer, tensor([400f, 10f]));
        clip.Clip();

        // γ is 1/4 for the first head: plain parts by 1/2, rotary queries by 1/4, values and the second head not at all.
        Assert.Equal(q.Select((value, index) => index / 5 < 4 ? value / 2 : index / 5 < 7 ? value / 4 : value), query.weight.Floats());
        Assert.Equal(kv.Select((value, index) => index / 4 < 4 ? value / 2 : value), keyValue.weight.Floats());
    }

    [Fact]
    public void Only_what_a_step_observed_clips_and_only_finite_maxima_above_tau()
    {
        using DisposeScope scope = NewDisposeScope();
        var weight = new TorchParameter(ones(8, 3));
        using var clip = new QkClip(10);
        AttentionWeights layer = clip.Register(new AttentionWeights("l", 4, 4, new HeadRows(weight, HeadSide.QueryOfSharedKey, 0, 2, 2)));
        clip.Clip();
        clip.Observe(layer, tensor([float.NaN, float.PositiveInfinity, -1000f, 10f]));
        clip.Clip();
        Assert.All(weight.Floats(), value => Assert.Equal(1, value));
        clip.Observe(layer, full(4, 20f));
        clip.Clip(skipped: true);
        clip.Clip();
        Assert.All(weight.Floats(), value => Assert.Equal(1, value));
        clip.Observe(layer, tensor([20f, 1f, 1f, 1f]));
        clip.Observe(layer, tensor([5f, 40f, 1f, 1f]));
        clip.Clip();
        Assert.Equal([0.5f, 0.25f, 1, 1], clip.Report().Select(head => head.Factor));
        Assert.Equal([20f, 40f, 1, 1], clip.Report().Select(head => head.MaximumLogit));
        Assert.Equal([.. Enumerable.Repeat(0.5f, 6), .. Enumerable.Repeat(0.25f, 6), .. Enumerable.Repeat(1f, 12)], weight.Floats());
    }

    [Theory]
    [InlineData(4, 9, 9, true)]
    [InlineData(4, 9, 9, false)]
    [InlineData(2, 3, 9, true)]
    public void The_helper_finds_what_the_whole_matrix_of_logits_holds(int keyHeads, int time, int keys, bool causal)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor query = Values.Normal([2, 4, time, 8], "q"), key = Values.Normal([2, keyHeads, keys, 8], "k");
        float[] q = query.Floats(), k = key.Floats();
        double[] expected = new double[4];
        Array.Fill(expected, double.NegativeInfinity);
        for (int b = 0; b < 2; b++)
        {
            for (int h = 0; h < 4; h++)
            {
                for (int i = 0; i < time; i++)
                {
                    for (int j = 0; j < (causal ? i + 1 + keys - time : keys); j++)
                    {
                        double dot = 0;
                        for (int w = 0; w < 8; w++)
                        {
                            dot += (double)q[(((((b * 4) + h) * time) + i) * 8) + w] * k[(((((b * keyHeads) + (h / (4 / keyHeads))) * keys) + j) * 8) + w];
                        }

                        expected[h] = Math.Max(expected[h], dot / Math.Sqrt(8));
                    }
                }
            }
        }

        Assert.All(MaximumLogits.Of(query, key, causal).Floats().Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-5));
        Tensor mask = full([time, keys], float.NegativeInfinity);
        mask[TensorIndex.Colon, TensorIndex.Single(0)] = 0;
        Tensor first = MaximumLogits.Of(query, key.slice(2, 0, 1, 1), causal: false);
        Assert.True(Values.Relative(MaximumLogits.Of(query, key, causal: false, mask: mask), first) < 1e-6);
        Assert.True(Values.Relative(MaximumLogits.Of(query, key, causal: false, mask: mask.eq(0)), first) < 1e-6);
    }

    [Fact]
    public void Long_sequences_are_taken_in_blocks()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor query = Values.Normal([1, 2, 5000, 4], "long q"), key = Values.Normal([1, 2, 5000, 4], "long k");
        Tensor whole = query.matmul(key.transpose(2, 3)).mul(0.5).amax([0, 2, 3]);
        Assert.True(Values.Relative(MaximumLogits.Of(query, key, causal: false), whole) < 1e-6);
    }

    [Fact]
    public void What_does_not_fit_is_said_in_one_line()
    {
        using DisposeScope scope = NewDisposeScope();
        Linear a = nn.Linear(4, 12), b = nn.Linear(4, 8);
        using var clip = new QkClip();
        Assert.Contains("keys have the width of queries", Assert.Throws<ArgumentException>(() => AttentionWeights.Separate("l", a, b, 3)).Message, StringComparison.Ordinal);
        Assert.Contains("heads divide the outputs", Assert.Throws<ArgumentException>(() => AttentionWeights.Fused("l", a, 5)).Message, StringComparison.Ordinal);
        Assert.Contains("needs the key", Assert.Throws<ArgumentException>(() => new AttentionWeights("l", 1, 1, new HeadRows(a.weight, HeadSide.Query, 0, 4, 4))).Message, StringComparison.Ordinal);
        Assert.Contains("lie apart inside", Assert.Throws<ArgumentException>(() => new AttentionWeights("l", 4, 4, new HeadRows(a.weight, HeadSide.Key, 0, 4, 4))).Message, StringComparison.Ordinal);
        Assert.Contains("tau is a positive number", Assert.Throws<ArgumentException>(() => new QkClip(0)).Message, StringComparison.Ordinal);
        AttentionWeights layer = clip.Register(AttentionWeights.Fused("l", a, 4));
        Assert.Contains("came twice", Assert.Throws<ArgumentException>(() => clip.Register(layer)).Message, StringComparison.Ordinal);
        Assert.Contains("one maximum logit for each head", Assert.Throws<ArgumentException>(() => clip.Observe(layer, ones(3))).Message, StringComparison.Ordinal);
        Assert.Contains("queries are [batch, heads", Assert.Throws<ArgumentException>(() => MaximumLogits.Of(ones(2, 3), ones(2, 3))).Message, StringComparison.Ordinal);
    }

    private static Tensor Logits(Tensor query, Tensor key, int heads, int keys) => MaximumLogits.Of(
        query.reshape(3, 7, heads, -1).transpose(1, 2), key.reshape(3, 7, keys, -1).transpose(1, 2), causal: true);

    private static HeadSide? SideOf(string name) => name switch
    {
        "q.weight" or "q.bias" or "q_nope.weight" => HeadSide.Query,
        "k.weight" or "k.bias" or "k_nope.weight" => HeadSide.Key,
        "q_rope.weight" => HeadSide.QueryOfSharedKey,
        _ => null,
    };

    private static HeadRows Rows(SafetensorsFile file, string name, int heads, int keys)
    {
        int[] shape = file.Sizes(name);
        long[] flat = shape.Length == 3 ? [shape[0] * shape[1], shape[2]] : [.. shape.Select(size => (long)size)];
        int width = (int)flat[0] / (SideOf(name) == HeadSide.Key ? keys : heads);
        return new HeadRows(new TorchParameter(tensor(file.Floats(name)).reshape(flat)), SideOf(name)!.Value, 0, width, width);
    }
}
