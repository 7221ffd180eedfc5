using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Spectra;

/// <summary>Spectra in a run: when, in which order, where they stand, and that they change nothing.</summary>
public class SpectrumRunTests
{
    [Fact]
    public async Task They_follow_the_step_every_so_many_steps_and_stand_in_the_metrics()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.OnlySteps(folder, steps: 5).Set("log.spectraEvery", "2").Set("log.spectra", "*.down_proj.weight"), folder.File("run"));
        List<TrainingEvent> events = await TestRun.Run(trainer);
        Assert.Equal(
            ["StepEvent@1", "StepEvent@2", "SpectrumEvent@2", "SpectrumEvent@2", "StepEvent@3", "CheckpointEvent@3", "StepEvent@4", "SpectrumEvent@4", "SpectrumEvent@4", "StepEvent@5"],
            events.Select(happened => $"{happened.GetType().Name}@{happened.Step}").SkipLast(2));

        List<SpectrumLine> read = [];
        using MetricsReader reader = new(new RunFolder(folder.File("run")).MetricsPath);
        while (reader.Next(out string? problem) is { } line)
        {
            Assert.Null(problem);
            read.AddRange(line is SpectrumLine spectrum ? [spectrum] : []);
        }

        SpectrumLine[] told = [.. events.OfType<SpectrumEvent>().Select(happened => happened.Metrics)];
        Assert.Equal(told.Select(line => line.ToJson()), read.Select(line => line.ToJson()));
        Assert.All(told, line => Assert.EndsWith(".mlp.down_proj.weight", line.Matrix, StringComparison.Ordinal));

        // The update is orthogonal: its singular values are near 1, whatever the gradient's.
        Assert.All(told, line => Assert.InRange(line.Spectra.Single(spectrum => spectrum.Kind == SpectrumKind.Result).Greatest, 0.9, 1.3));
        Assert.All(told, line => Assert.True(line.Spectra[0].Condition > 2 * line.Spectra.Single(spectrum => spectrum.Kind == SpectrumKind.Result).Condition));
    }

    [Fact]
    public async Task Looking_changes_no_bit()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 4);
        using Trainer watched = Trainer.Create(config.Set("log.spectraEvery", "1").Set("log.spectra", "*"));
        using Trainer alone = Trainer.Create(config.Set("log.spectraEvery", "-1"));
        Assert.NotEmpty((await TestRun.Run(watched)).OfType<SpectrumEvent>());
        Assert.Empty((await TestRun.Run(alone)).OfType<SpectrumEvent>());
        Assert.Equal(TestRun.Bits(alone), TestRun.Bits(watched));
    }

    [Fact]
    public async Task A_skipped_step_has_none()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.OnlySteps(folder, steps: 4).Set("log.spectraEvery", "2").Set("log.spectra", "*.down_proj.weight"));
        trainer.Parts.Step.GradientHook = (store, step) => store.Parameters[0].Gradient.Span[0] = step == 2 ? float.NaN : 0;
        List<TrainingEvent> events = await TestRun.Run(trainer);
        Assert.Equal([4, 4], events.OfType<SpectrumEvent>().Select(happened => happened.Step));
        Assert.Equal(5, events.OfType<SpectrumEvent>().First().Metrics.Spectra.Count);
    }

    [Fact]
    public void A_name_of_no_matrix_leaves_no_folder_behind()
    {
        using TemporaryFolder folder = new();
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Trainer.Create(TestRun.Config(folder).Set("log.spectra", "model.layers.9*"), folder.File("run")));
        Assert.Equal("[config] log.spectra must name matrices of the model; 'model.layers.9*' is none", Assert.Single(error.Problems));
        Assert.False(Directory.Exists(folder.File("run")));
    }
}
