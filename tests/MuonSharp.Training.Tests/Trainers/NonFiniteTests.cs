namespace MuonSharp.Training.Tests.Trainers;

public class NonFiniteTests
{
    private const string Victim = "model.layers.1.mlp.up_proj.weight";

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public async Task A_planted_value_changes_nothing_is_reported_and_training_goes_on(float value)
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.OnlySteps(folder, steps: 5), folder.File("run"));
        string before = "", after = "";
        trainer.Parts.Step.GradientHook = (parameters, step) =>
        {
            before = step == 3 ? Tensors(trainer) : before;
            after = step == 4 ? Tensors(trainer) : after;
            if (step == 3)
            {
                parameters[Victim].Gradient.Span[17] = value;
            }
        };

        List<TrainingEvent> events = await TestRun.Run(trainer);

        Assert.Equal(before, after);
        SkippedEvent skipped = Assert.Single(events.OfType<SkippedEvent>());
        Assert.Equal((3, Victim, 1, $"the gradient of {Victim} is not finite"), (skipped.Step, skipped.Parameter, skipped.InARow, skipped.Reason));
        Assert.Equal([1, 2, 4, 5], events.OfType<StepEvent>().Select(step => step.Step));
        Assert.Equal(TrainingOutcome.Finished, Assert.IsType<EndEvent>(events[^1]).Outcome);
        Assert.Contains(
            $$"""{"kind":"skipped","step":3,"parameter":"{{Victim}}","in_a_row":1,"grad_norm":null}""", TestRun.Metrics(folder.File("run")));
    }

    [Fact]
    public async Task A_finite_gradient_that_is_too_large_for_float32_is_called_that()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.OnlySteps(folder, steps: 3).Set("optimizer.clipNorm", "0"), folder.File("run"));
        trainer.Parts.Step.GradientHook = (parameters, step) => parameters[Victim].Gradient.Span[0] = step == 2 ? 3e30f : 0;

        SkippedEvent skipped = Assert.Single((await TestRun.Run(trainer)).OfType<SkippedEvent>());

        Assert.Equal((2, $"the gradients' norm, 3e+30, is too large for float32, most of it in {Victim}"), (skipped.Step, skipped.Reason));
        Assert.Equal(3e30, ((SkippedLine)skipped.Line).GradientNorm, 1e25);
    }

    [Fact]
    public async Task Weights_that_overflowed_never_replace_the_last_good_checkpoint()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 40).Set("checkpoint.every", "2").Set("checkpoint.keep", "1");
        using (Trainer trainer = Trainer.Create(config, folder.File("run")))
        {
            trainer.Parts.Step.GradientHook = (parameters, step) =>
            {
                if (step == 5)
                {
                    parameters[Victim].Weights.Span[3] = float.PositiveInfinity;
                }
            };
            await Assert.ThrowsAsync<DivergedException>(() => TestRun.Run(trainer));
        }

        using Trainer resumed = Trainer.Resume(folder.File("run"));
        Assert.Equal(4, resumed.Step);
        Assert.True(resumed.Parts.WeightsAreFinite());
    }

    [Fact]
    public async Task Ten_in_a_row_stop_the_run_after_a_usable_checkpoint()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 40).Set("checkpoint.every", "100");
        string good = "";
        DivergedException error;
        using (Trainer trainer = Trainer.Create(config, folder.File("run")))
        {
            trainer.Parts.Step.GradientHook = (parameters, step) =>
            {
                good = step == 3 ? Tensors(trainer) : good;
                if (step >= 3)
                {
                    parameters[Victim].Gradient.Span[0] = float.NaN;
                }
            };
            List<TrainingEvent> events = [];
            error = await Assert.ThrowsAsync<DivergedException>(async () =>
            {
                await foreach (TrainingEvent happened in trainer.RunAsync())
                {
                    events.Add(happened);
                }
            });
            Assert.Equal(Enumerable.Range(1, 10), events.OfType<SkippedEvent>().Select(skipped => skipped.InARow));
            Assert.IsType<CheckpointEvent>(events[^1]);
        }

        Assert.Equal((12, Victim), (error.Step, error.Parameter));
        Assert.Equal(
            $"[train] gradients must be finite and fit float32; the last 10 steps up to step 12 were skipped, in the last one the gradient of {Victim} is not finite", error.Message);
        Assert.Equal("""{"kind":"end","step":12,"reason":"diverged"}""", TestRun.Metrics(folder.File("run"))[^1]);

        using Trainer resumed = Trainer.Resume(folder.File("run"));
        Assert.Equal(12, resumed.Step);
        Assert.Equal(good, Tensors(resumed));
        resumed.Parts.Step.GradientHook = (parameters, step) => parameters[Victim].Gradient.Span[0] = step < 20 ? float.NaN : 1;
        Assert.Equal(TrainingOutcome.Finished, Assert.IsType<EndEvent>((await TestRun.Run(resumed))[^1]).Outcome);
    }

    [Fact]
    public async Task A_learning_rate_that_blows_the_model_up_ends_as_a_diverged_run_too()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 40)
            .Set("optimizer.learningRate", "1e30").Set("optimizer.auxiliary.learningRate", "1e30").Set("evaluate.every", "1").Set("checkpoint.every", "2");
        using (Trainer trainer = Trainer.Create(config, folder.File("run")))
        {
            await Assert.ThrowsAsync<DivergedException>(() => TestRun.Run(trainer));
        }

        using Trainer resumed = Trainer.Resume(folder.File("run"));
        Assert.True(resumed.Step >= 10);
        using TextGenerator generator = TextGenerator.FromRun(folder.File("run"));
        Assert.Equal(5, string.Concat(generator.Generate("It", new() { Tokens = 5 })).Length);
    }

    [Fact]
    public async Task A_run_too_short_to_skip_ten_steps_has_diverged_when_its_held_out_loss_is_not_finite()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 4).Set("optimizer.learningRate", "1e30").Set("optimizer.auxiliary.learningRate", "1e30");
        using (Trainer trainer = Trainer.Create(config, folder.File("run")))
        {
            DivergedException error = await Assert.ThrowsAsync<DivergedException>(() => TestRun.Run(trainer));
            Assert.Equal((4, null), (error.Step, error.Parameter));
            Assert.Equal("[train] the evaluation must be finite; after the last step, 4, it is not", error.Message);
        }

        using Trainer resumed = Trainer.Resume(folder.File("run"));
        Assert.Equal(4, resumed.Step);
        await Assert.ThrowsAsync<DivergedException>(() => TestRun.Run(resumed));

        using TextGenerator generator = TextGenerator.FromRun(folder.File("run"));
        Assert.True(generator.LogitsWereFinite);
        Assert.Equal(5, string.Concat(generator.Generate("It", new() { Tokens = 5 })).Length);
        Assert.False(generator.LogitsWereFinite);
    }

    [Fact]
    public async Task Nine_in_a_row_do_not()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.OnlySteps(folder, steps: 11));
        trainer.Parts.Step.GradientHook = (parameters, step) => parameters[Victim].Gradient.Span[0] = step < 10 ? float.NaN : 1;

        List<TrainingEvent> events = await TestRun.Run(trainer);

        Assert.Equal(9, events.OfType<SkippedEvent>().Count());
        Assert.Equal([10, 11], events.OfType<StepEvent>().Select(step => step.Step));
    }

    /// <summary>Weights and optimizer state, without the count of skipped steps.</summary>
    private static string Tensors(Trainer trainer) => TestRun.Bits(trainer)[..64];
}
