using MuonSharp.Cli.Bench;
using MuonSharp.Cli.Errors;
using MuonSharp.Experiments;
using MuonSharp.Numerics;
using MuonSharp.Training;

namespace MuonSharp.Cli.Tests.Bench;

/// <summary>Names: what each family takes and refuses, and that what it makes does what its name says.</summary>
public sealed class BenchFamiliesTests : IDisposable
{
    /// <summary>So high that no share reaches 1.</summary>
    private const double Peak = 1e6;

    private readonly WorkerTeam _team = new(2);

    public void Dispose() => _team.Dispose();

    public static TheoryData<string> Standard => [.. BenchFamilies.All.SelectMany(family => family.Standard)];

    [Theory]
    [MemberData(nameof(Standard))]
    public void A_standard_name_belongs_to_one_family(string name) =>
        Assert.Single(BenchFamilies.All, family => family.Find(name) is not null);

    [Theory]
    [InlineData("product-768")]
    [InlineData("symmetric-768")]
    [InlineData("spd-inverse-768")]
    [InlineData("orthogonalize-768x3072")]
    [InlineData("attention-6x64x256")]
    [InlineData("attention-6x64x1024")]
    [InlineData("step-nanogpt-cpu")]
    [InlineData("step-nanogpt-384")]
    [InlineData("step-gpt2-124m")]
    [InlineData("step-gpt2-124m-1x1024")]
    public void The_names_of_the_contract_are_standard(string name) => Assert.Contains(name, Standard.Select(row => row.Data));

    [Theory]
    [InlineData("product-500x770x1030:atb", 2.0 * 500 * 770 * 1030)]
    [InlineData("product-64:abt", 2.0 * 64 * 64 * 64)]
    [InlineData("symmetric-33x100", 33.0 * 33 * 100)]
    [InlineData("spd-inverse-50", 50.0 * 50 * 50)]
    [InlineData("orthogonalize-16x64:newton-schulz/jordan5", 5 * ((3.0 * 16 * 16 * 64) + (16.0 * 16 * 16)))]
    [InlineData("orthogonalize-3x64x16:zolotarev/3", 3 * ((3.0 * 16 * 16 * 64) + (3.0 * 16 * 16 * 16)))]
    [InlineData("attention-2x8x20x3", 14.0 * (20 * 21 / 2) * 2 * 8 * 3)]
    [InlineData("cross-entropy-30x8x40", 6.0 * 30 * 8 * 40)]
    [InlineData("prompt-nanogpt-cpu-20", (2.0 * 20 * 4 * 12 * 128 * 128) + (4.0 * (20 * 21 / 2) * 4 * 128) + (2.0 * 65 * 128))]
    public void Operations_are_counted_as_they_are_done(string name, double flops)
    {
        using BenchCase work = Make(name);
        Assert.Equal(name, work.Name);
        Assert.Equal(flops, work.Flops);
        work.Prepare();
        work.Run();
    }

    [Theory]
    [InlineData("generate-nanogpt-cpu", 1)]
    [InlineData("generate-nanogpt-cpu-3", 3)]
    public void A_token_reads_every_weight_once_for_all_sequences(string name, int sequences)
    {
        using BenchCase work = Make(name);
        Assert.Equal(4.0 * ((4 * 12 * 128 * 128) + (65 * 128) + (9 * 128)), work.Bytes);
        work.Prepare();
        work.Run();
        work.Prepare();
        work.Run();
        Assert.Equal(500.0 * sequences, work.Complete(new BenchResult(name, 1, 2)).TokensPerSecond);
    }

    [Fact]
    public void A_step_counts_the_products_of_all_weights_attention_and_its_second_logits()
    {
        // 2 layers, 2 heads, width 16: 12 w² weights a layer and 65 w in the head; 3 sequences of 8.
        using BenchCase work = Make("step-2x2x16-3x8");
        int weights = (2 * 12 * 16 * 16) + (65 * 16);
        Assert.Equal((6.0 * 24 * weights) + (14.0 * (8 * 9 / 2) * 16 * 3 * 2), work.Flops);
        BenchResult result = work.Complete(Step(work));
        Assert.Equal("adamw", result.Optimizer);
        Assert.Equal(24 / 2e-3, result.TokensPerSecond);

        // Without the second logits: share times time is what the model needs.
        double model = (6.0 * 24 * weights) + (12.0 * (8 * 9 / 2) * 16 * 3 * 2);
        Assert.Equal(model, result.ForwardBackwardShareOfPeak!.Value * result.ForwardBackwardMilliseconds!.Value * 1e6 * Peak, model * 1e-9);

        // Weights, gradients, two moments: four floats each of 12 w² a layer, three gains a layer's worth, tables and the activations.
        Assert.True(result.NeededBytes > 4 * 4 * (weights + (8 * 16)));
    }

    [Fact]
    public void Recomputing_costs_operations_and_needs_less_memory()
    {
        using BenchCase kept = Make("step-4x2x16-3x8");
        using BenchCase again = Make("step-4x2x16-3x8:recompute");
        Assert.True(again.Flops > kept.Flops);
        Assert.True(again.Complete(Step(again)).NeededBytes < kept.Complete(Step(kept)).NeededBytes);
    }

    [Theory]
    [InlineData("step-nanogpt-cpu:again")]
    [InlineData("product-")]
    [InlineData("product-0")]
    [InlineData("product-3x4")]
    [InlineData("product-3x4x5:xyz")]
    [InlineData("product--3")]
    [InlineData("product-70000")]
    [InlineData("product-65536x65536x1")]
    [InlineData("symmetric-3x4x5")]
    [InlineData("orthogonalize-5")]
    [InlineData("orthogonalize-4x5:zolotarev/9")]
    [InlineData("orthogonalize-65536x4096x4096")]
    [InlineData("attention-6x64")]
    [InlineData("attention-6x64x1024x60000")]
    [InlineData("bandwidth-write")]
    [InlineData("step-gpt9")]
    [InlineData("generate-gpt9")]
    [InlineData("generate-gpt2-124m-65")]
    [InlineData("prompt-nanogpt-cpu-65")]
    [InlineData("prompt-gpt2-124m-2x64")]
    [InlineData("step-6x5x384-8x256")]
    [InlineData("step-nanogpt-384-8x512")]
    [InlineData("step-600x64x65536-1x1")]
    public void A_name_of_the_wrong_form_is_refused_with_the_right_one(string name)
    {
        ToolException error = Assert.Throws<ToolException>(() => BenchFamilies.Select([name]));
        Assert.Equal(1, error.ExitCode);
        Assert.StartsWith("[bench] ", error.Message, StringComparison.Ordinal);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("orthogonalize-64x64:foo", "must be one of newton-schulz/")]
    [InlineData("orthogonalize-5", "names of this kind are orthogonalize-RxC")]
    [InlineData("product-64:foo", "must be one of abt, atb; 'foo' came")]
    [InlineData("bandwidth-foo", "must be one of read, copy, triad")]
    [InlineData("step-foo", "must be one of nanogpt-cpu, nanogpt-384")]
    [InlineData("step-nanogpt-cpu:again", "must be recompute; 'again' came")]
    [InlineData("step-1x3x32", "heads")]
    [InlineData("step-1x3x32-1x8", "heads")]
    [InlineData("step-1x2x32", "step-1x2x32-BxT")]
    [InlineData("step-nanogpt-384-8x512", "256 tokens at once; 512 came")]
    [InlineData("step-600x64x65536-1x1", "fewer than")]
    public void A_refused_name_says_which_rule_it_breaks(string name, string rule) =>
        Assert.Contains(rule, Assert.Throws<ToolException>(() => BenchFamilies.Select([name])).Message, StringComparison.Ordinal);

    [Fact]
    public void An_unknown_name_names_the_nearest() =>
        Assert.Contains("did you mean symmetric-768?", Assert.Throws<ToolException>(() => BenchFamilies.Select(["symetric-768"])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_family_stands_for_its_standard_names_and_nothing_is_measured_twice()
    {
        IEnumerable<string> selected = BenchFamilies.Select(["spd-inverse-768", "spd-inverse", "peak"]).Select(entry => entry.Name);
        Assert.Equal(["spd-inverse-768", "spd-inverse-256"], selected);
        Assert.Empty(BenchFamilies.Select(["peak"]));
    }

    private static BenchResult Step(BenchCase work)
    {
        work.Start();
        work.Prepare();
        work.Run();
        work.EndRound(Peak);
        return new BenchResult(work.Name, 2, 2) { Peak = Peak };
    }

    private BenchCase Make(string name) => BenchFamilies.Select([name])[0].Make(new BenchContext(_team, OptimizerChoice.Parse("adamw")));
}
