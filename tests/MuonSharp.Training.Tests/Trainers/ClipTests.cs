using System.Text.Json.Nodes;
using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Trainers;

/// <summary>QK-clip in a run: when it fires, what it logs, and what it leaves alone.</summary>
public class ClipTests
{
    private static TrainingConfig Config(TemporaryFolder folder, double tau, int steps = 10) =>
        TestRun.Config(folder, steps) with { QkClip = new() { Tau = tau } };

    [Fact]
    public async Task A_learning_rate_that_is_too_high_fires_the_clip_and_the_metrics_log_it()
    {
        const double Tau = 8;
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 25).Set("optimizer.learningRate", "0.3").Set("model.dropout", "0");
        using Trainer free = Trainer.Create(config.Set("qkClip.tau", "off"), folder.File("free"));
        List<StepEvent> without = [.. (await TestRun.Run(free)).OfType<StepEvent>()];
        using Trainer clipped = Trainer.Create(config.Set("qkClip.tau", $"{Tau}"), folder.File("clipped"));
        List<StepEvent> with = [.. (await TestRun.Run(clipped)).OfType<StepEvent>()];

        Assert.True(without[^1].Metrics.MaximumLogit > 4 * Tau, $"without the clip the greatest logit is {without[^1].Metrics.MaximumLogit}");
        Assert.True(with[^1].Metrics.MaximumLogit < without[^1].Metrics.MaximumLogit / 2, $"with it, {with[^1].Metrics.MaximumLogit} against {without[^1].Metrics.MaximumLogit}");
        Assert.All(without, step => Assert.Equal((0, 4, true), (step.Metrics.ClippedHeads, step.Metrics.Heads.Count, step.Metrics.Heads.All(head => head.AccumulatedFactor == 1))));
        Assert.True(with.Sum(step => step.Metrics.ClippedHeads) > 10);
        double[] products = [1, 1, 1, 1];
        foreach (StepEvent step in with)
        {
            Assert.Equal(step.Metrics.Heads.Count(head => head.MaximumLogit > Tau), step.Metrics.ClippedHeads);
            Assert.Equal(step.Metrics.MaximumLogit, step.Metrics.Heads.Max(head => head.MaximumLogit));
            for (int i = 0; i < products.Length; i++)
            {
                products[i] *= Math.Min(1, Tau / step.Metrics.Heads[i].MaximumLogit);
                Assert.Equal(products[i], step.Metrics.Heads[i].AccumulatedFactor, 1e-4 * products[i]);
                Assert.Equal((i / 2, i % 2), (step.Metrics.Heads[i].Layer, step.Metrics.Heads[i].Head));
            }
        }

        JsonNode line = TestRun.Metrics(folder.File("clipped")).Select(text => JsonNode.Parse(text)!).Last(json => (string?)json["kind"] == "step");
        Assert.Equal(with[^1].Metrics.ClippedHeads, line["clipped_heads"]!.GetValue<int>());
        Assert.Equal(with[^1].Metrics.Heads[2].MaximumLogit, line["head_max_logits"]![1]![0]!.GetValue<float>());
        Assert.Equal((float)with[^1].Metrics.Heads[3].AccumulatedFactor, line["head_factors"]![1]![1]!.GetValue<float>());
    }

    [Theory]
    [InlineData(new long[] { 1 })]
    [InlineData(new long[] { 4, 5 }, Explicit = true)]
    public async Task Stopping_and_resuming_a_run_that_clips_gives_the_same_bits_and_metrics_for_any_number_of_threads(long[] stops)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = Config(folder, tau: 0.05);
        string expected;
        using (Trainer whole = Trainer.Create(config.Set("train.threads", "1"), folder.File("whole")))
        {
            List<TrainingEvent> events = await TestRun.Run(whole);
            Assert.All(events.OfType<StepEvent>(), step => Assert.True(step.Metrics.ClippedHeads > 0));
            expected = TestRun.Bits(whole);
        }

        foreach (long stop in stops)
        {
            using Trainer part = stop == stops[0] ? Trainer.Create(config, folder.File("parts")) : Trainer.Resume(folder.File("parts"));
            await TestRun.RunUntil(part, stop);
        }

        using Trainer last = Trainer.Resume(folder.File("parts"));
        await TestRun.Run(last);
        Assert.Equal(expected, TestRun.Bits(last));
        Assert.Equal(TestRun.Metrics(folder.File("whole")), TestRun.Metrics(folder.File("parts")));
    }

    [Fact]
    public async Task Evaluations_and_samples_never_clip()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 4) with { QkClip = new() { Tau = 0.05 } };
        using Trainer quiet = Trainer.Create(config);
        using Trainer busy = Trainer.Create(config.Set("evaluate.every", "1").Set("sample.every", "1"));
        await TestRun.Run(quiet);
        await TestRun.Run(busy);

        Assert.Equal(TestRun.Bits(quiet), TestRun.Bits(busy));
    }

    [Fact]
    public async Task A_skipped_step_never_clips()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.OnlySteps(folder, steps: 4) with { QkClip = new() { Tau = 0.05 } });
        float[] before = [], after = [];
        trainer.Parts.Step.GradientHook = (parameters, step) =>
        {
            before = step == 3 ? Values(trainer) : before;
            after = step == 4 ? Values(trainer) : after;
            parameters.Parameters[0].Gradient.Span[0] = step == 3 ? float.NaN : 0;
        };
        List<TrainingEvent> events = await TestRun.Run(trainer);

        Assert.Equal(3, Assert.Single(events.OfType<SkippedEvent>()).Step);
        Assert.NotEmpty(before);
        Assert.Equal(before, after);
        Assert.All(events.OfType<StepEvent>(), step => Assert.True(step.Metrics.ClippedHeads > 0));
    }

    [Fact]
    public void Accumulation_clips_by_the_maximum_over_the_micro_batches()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 1).Set("train.accumulation", "3").Set("model.dropout", "0");
        using Trainer trainer = Trainer.Create(config);
        TrainingParts parts = trainer.Parts;
        TokenBatches batches = new(TestRun.Language(trainer).Training, new RandomWindows(config.Train.Seed), config.Model.Context, 1000);
        LanguageProgram program = TestRun.Language(trainer).Model.Program(config.Train.Batch, config.Model.Context, training: false);
        List<float[]> maxima = [];
        for (int micro = 0; micro < 3; micro++)
        {
            batches.Fill(1, micro, 3, program.Inputs, program.Targets);
            program.Forward();
            maxima.Add(program.MaximumLogits.ToArray());
        }

        parts.Step.Run(1);

        float[] greatest = [.. Enumerable.Range(0, 4).Select(head => maxima.Max(micro => micro[head]))];
        Assert.Contains(maxima, micro => !micro.SequenceEqual(greatest));
        Assert.Equal(greatest, Enumerable.Range(0, 4).Select(head => parts.Step.Head(head).MaximumLogit));
    }

    [Fact]
    public async Task A_run_from_before_there_was_a_clip_goes_on_with_factors_of_one()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 6);
        using (Trainer old = Trainer.Create(config, folder.File("run")))
        {
            await TestRun.RunUntil(old, 4);
            CheckpointStore store = new(new RunFolder(folder.File("run")).CheckpointsPath);
            using LoadedCheckpoint now = store.LoadLatest(out _)!;
            Assert.Contains(now.Optimizer.Tensors, tensor => tensor.Name.StartsWith("qk-clip.", StringComparison.Ordinal));
            CheckpointContents contents = new()
            {
                Model = WeightFile.Tensors(old.Parameters),
                Optimizer = OptimizerState.Tensors(old.Parts.Optimizer),
                State = now.State.ToNode()!.AsObject(),
                RunFiles = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { ["tokenizer.json"] = File.ReadAllBytes(folder.File("run/tokenizer.json")) },
            };
            store.Save(5, contents, keep: 3);
        }

        using Trainer trainer = Trainer.Resume(folder.File("run"));
        StepEvent last = (await TestRun.Run(trainer)).OfType<StepEvent>().Single();
        Assert.Equal(6, last.Step);
        Assert.All(last.Metrics.Heads, head => Assert.Equal(1, head.AccumulatedFactor));
    }

    [Fact]
    public void The_clip_is_on_at_100_unless_it_is_switched_off_or_heads_share_the_gains_of_their_norms()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 1);
        TrainingConfig normalized = config.Set("model.queryKeyNorm", "true");

        Assert.Equal(100, Tau(config));
        Assert.Equal(30, Tau(config.Set("qkClip.tau", "30")));
        Assert.Null(Tau(config.Set("qkClip.tau", "off")));
        Assert.Null(Tau(normalized));
        Assert.Null(Tau(normalized.Set("qkClip.tau", "off")));
        Assert.Equal(30, Tau(normalized.Set("model.heads", "1").Set("qkClip.tau", "30")));
        Assert.Equal(
            "[config] qkClip.tau must be off with model.queryKeyNorm, whose gains all heads share, so that none can be scaled alone; 30 and 2 heads came",
            Assert.Single(normalized.Set("qkClip.tau", "30").Validate()));

        static double? Tau(TrainingConfig config)
        {
            using Trainer trainer = Trainer.Create(config);
            return trainer.Parts.Clip?.Tau;
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("on")]
    [InlineData("NaN")]
    public void A_bound_is_a_positive_number_or_off(string value)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => new TrainingConfig().Set("qkClip.tau", value));

        Assert.Equal($"[config] qkClip.tau must be a number above 0, off, or null for the default; '{value}' came", error.Problems[0]);
    }

    private static float[] Values(Trainer trainer) =>
    [
        .. trainer.Parameters.Parameters.SelectMany(parameter => parameter.Weights.Span.ToArray()),
        .. trainer.Parts.StateTensors.SelectMany(tensor => tensor.Memory.Span.ToArray()),
    ];
}
