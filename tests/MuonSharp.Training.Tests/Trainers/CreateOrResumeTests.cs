using MuonSharp.Training.Tests.Tasks;

namespace MuonSharp.Training.Tests.Trainers;

public class CreateOrResumeTests
{
    [Fact]
    public async Task Started_three_times_a_program_trains_once_goes_on_and_finds_the_run_done()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 6);
        string whole;
        using (Trainer trainer = Trainer.Create(config, folder.File("whole")))
        {
            await TestRun.Run(trainer);
            whole = TestRun.Bits(trainer);
        }

        using (Trainer first = Trainer.CreateOrResume(config, folder.File("run"))) await TestRun.RunUntil(first, 3);
        using (Trainer second = Trainer.CreateOrResume(config, folder.File("run")))
        {
            Assert.Equal(3, second.Step);
            await TestRun.Run(second);
            Assert.Equal(whole, TestRun.Bits(second));
        }

        using (Trainer third = Trainer.CreateOrResume(config, folder.File("run")))
        {
            EndEvent end = Assert.IsType<EndEvent>(Assert.Single(await TestRun.Run(third)));
            Assert.Equal((TrainingOutcome.AlreadyFinished, 0L), (end.Outcome, end.StepsDone));
        }

        Assert.Equal(TestRun.Metrics(folder.File("whole")), TestRun.Metrics(folder.File("run")));
        Assert.Throws<ConfigurationException>(() => Trainer.CreateOrResume(config.Set("model.width", "32"), folder.File("run")));
    }

    [Fact]
    public async Task A_run_that_began_with_anothers_weights_goes_on_though_they_have_moved_on()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 3).Set("sample.every", "-1");
        using (Trainer source = Trainer.Create(config, folder.File("source"))) await TestRun.Run(source);
        TrainingConfig tuned = new TrainingConfig { Data = config.Data, Train = config.Train with { From = folder.File("source") } };
        using (Trainer first = Trainer.CreateOrResume(tuned, folder.File("run"))) await TestRun.RunUntil(first, 1);
        using (Trainer source = Trainer.Resume(folder.File("source"), config.Set("train.steps", "5"))) await TestRun.Run(source);

        using Trainer second = Trainer.CreateOrResume(tuned, folder.File("run"));
        Assert.Equal(1, second.Step);
        Assert.Equal(TrainingOutcome.Finished, Assert.IsType<EndEvent>((await TestRun.Run(second))[^1]).Outcome);
    }

    [Fact]
    public async Task A_task_of_ones_own_is_taken_up_too()
    {
        using TemporaryFolder folder = new();
        TrainerSettings settings = new() { Steps = 8, SampleEvery = null };
        for (int start = 0; start < 2; start++)
        {
            using LineTask task = new();
            using Trainer trainer = Trainer.CreateOrResume(task, settings, routes: null, folder.File("run"));
            Assert.Equal(start * 5, trainer.Step);
            await (start == 0 ? TestRun.RunUntil(trainer, 5) : TestRun.Run(trainer));
        }
    }

    [Fact]
    public void The_first_step_counts_for_the_time_left_only_while_there_is_no_other()
    {
        ManualTime time = new();
        RunClock clock = new(time, firstStep: 10);
        clock.Start();
        time.Pass(1000);
        Assert.Equal(TimeSpan.FromMilliseconds(9000), clock.Remaining(11, 20));
        time.Pass(10);
        Assert.Equal(TimeSpan.FromMilliseconds(80), clock.Remaining(12, 20));
        time.Pass(30);
        Assert.Equal(TimeSpan.FromMilliseconds(20 * 7), clock.Remaining(13, 20));
        Assert.Equal(3, clock.StepsDone(13));
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1000;

        public void Pass(long milliseconds) => _now += milliseconds;

        public override long GetTimestamp() => _now;
    }
}
