using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Checkpoints;

public class CheckpointChoiceTests
{
    [Theory]
    [InlineData("latest", "latest")]
    [InlineData("best", "best")]
    [InlineData("0", "0")]
    [InlineData("1200", "1200")]
    [InlineData("1,200", "1200")]
    [InlineData("step-00001200", "1200")]
    public void A_choice_is_read(string text, string choice)
    {
        Assert.True(CheckpointChoice.TryParse(text, out CheckpointChoice read));
        Assert.Equal(choice, read.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Best")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("step-12")]
    [InlineData("99999999999999999999")]
    public void What_is_no_choice_is_not_read(string text) => Assert.False(CheckpointChoice.TryParse(text, out _));

    [Fact]
    public async Task Every_checkpoint_of_a_run_evaluates_to_what_the_run_measured_there()
    {
        using TemporaryFolder folder = new();
        string run = folder.File("runs/one");
        TrainingConfig config = TestRun.Config(folder).Set("evaluate.every", "2").Set("checkpoint.every", "2").Set("checkpoint.keep", "9").Set("sample.every", "-1");
        Dictionary<long, double> measured = [];
        using (Trainer trainer = Trainer.Create(config, run))
        {
            foreach (EvaluationEvent evaluation in (await TestRun.Run(trainer)).OfType<EvaluationEvent>())
            {
                measured[evaluation.Step] = evaluation.Result.Decisive.Value;
            }
        }

        Assert.Equal([2L, 4, 6, 8, 10], measured.Keys);
        Assert.All(measured, pair => Check(CheckpointChoice.At(pair.Key), pair.Key));
        Check(CheckpointChoice.Latest, 10);
        Check(CheckpointChoice.Best, measured.MinBy(pair => pair.Value).Key);
        string message = Assert.Throws<BadInputException>(() => TextGenerator.FromRun(run, 1, CheckpointChoice.At(3))).Message;
        Assert.Equal($"[run] {run}: the checkpoint of step 3 must be there; it is not (there are those of steps 2, 4, 6, 8, 10)", message);
        Assert.Equal(run, RunFolder.FindNewest(folder.File("runs"))!.Path);
        Assert.Null(RunFolder.FindNewest(folder.File("nowhere")));

        void Check(CheckpointChoice choice, long step)
        {
            using Evaluator evaluator = Evaluator.FromRun(run, 1, choice);
            Assert.Equal((step, measured[step]), (evaluator.Step, evaluator.EvaluateValidation().Loss));
            using TextGenerator generator = TextGenerator.FromRun(run, 1, choice);
            Assert.Equal(step, generator.Step);
        }
    }

    [Fact]
    public async Task The_newest_run_is_the_one_that_saved_last_and_folders_without_a_checkpoint_do_not_count()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 1);
        foreach (string name in new[] { "a", "b", "c" })
        {
            using Trainer trainer = Trainer.Create(config, folder.File($"runs/{name}"));
            if (name != "c") await TestRun.Run(trainer);
        }

        Directory.CreateDirectory(folder.File("runs/d"));
        File.SetLastWriteTimeUtc(folder.File("runs/a/checkpoints/latest"), DateTime.UnixEpoch.AddYears(60));
        Assert.Equal(folder.File("runs/a"), RunFolder.FindNewest(folder.File("runs"))!.Path);
    }
}
