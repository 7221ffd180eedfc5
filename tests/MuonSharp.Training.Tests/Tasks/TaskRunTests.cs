using MuonSharp.Optimizers;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Tasks;

public class TaskRunTests
{
    private static readonly IReadOnlyList<Route> s_routes = Route.AdamW(AdamWPresets.Torch with { LearningRate = 0.05 });

    private static TrainerSettings Settings(int steps = 10) => new()
    {
        Steps = steps,
        Accumulation = 2,
        EvaluateEvery = 4,
        SampleEvery = 5,
        CheckpointEvery = 3,
        CheckpointKeep = 10,
    };

    [Fact]
    public async Task A_run_that_is_made_longer_says_where_its_learning_rates_go()
    {
        using TemporaryFolder folder = new();
        IReadOnlyList<Route> routes = Route.AdamW(AdamWPresets.Torch with { LearningRate = new LinearSchedule(0.08) });
        using LineTask task = new();
        using (Trainer trainer = Trainer.Create(task, Settings(steps: 4), routes, folder.File("run")))
        {
            await TestRun.Run(trainer);
        }

        using LineTask again = new();
        using Trainer longer = Trainer.Resume(again, Settings(steps: 16), routes, folder.File("run"));
        List<TrainingEvent> events = await TestRun.Run(longer);

        // From 0.08 (1 - 3/4) to 0.08 (1 - 4/16).
        Assert.Equal(
            "[resume] the run has 16 steps now instead of 4, and its learning rates follow the new length from here on: adamw 0.02 in step 4, 0.06 in step 5",
            Assert.Single(events.OfType<NoticeEvent>()).Message);
    }

    [Fact]
    public async Task A_task_of_ones_own_has_a_run_folder_with_all_that_a_run_has()
    {
        using TemporaryFolder folder = new();
        using LineTask task = new();
        List<TrainingEvent> events;
        using (Trainer trainer = Trainer.Create(task, Settings(), s_routes, folder.File("run")))
        {
            Assert.Equal(("line", "points", 2L), (trainer.Description.Kind, trainer.Description.Unit, trainer.Description.UnitsPerStep));
            Assert.Null(trainer.Config);
            events = await TestRun.Run(trainer);
        }

        Assert.Equal([4L, 8, 10], events.OfType<EvaluationEvent>().Select(happened => happened.Step));
        Assert.Equal("distance", ((EndEvent)events[^1]).Validation!.Decisive.Name);
        RunFolder run = new(folder.File("run"));
        Assert.Equal([10L, 9, 8, 6, 4, 3], run.Checkpoints.Steps);
        string[] lines = File.ReadAllLines(run.MetricsPath);
        Assert.Contains(lines, line => line.StartsWith("{\"kind\":\"eval\",\"step\":4,\"distance\":", StringComparison.Ordinal) && line.Contains("\"weights\":4", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("\"step\":3,\"points\":6,", StringComparison.Ordinal) && line.Contains("\"points_per_second\":", StringComparison.Ordinal));
        Assert.Contains("slope", File.ReadAllText(run.SamplesPath), StringComparison.Ordinal);
        Assert.Contains("one of a task of its own", Assert.Throws<BadInputException>(() => Evaluator.FromRun(run.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(8)]
    public async Task Stopped_and_resumed_it_has_the_bits_and_the_lines_of_one_that_was_not(int stop)
    {
        using TemporaryFolder folder = new();
        string whole = await Whole(folder);
        using LineTask first = new();
        using (Trainer trainer = Trainer.Create(first, Settings(), s_routes, folder.File("run")))
        {
            await TestRun.RunUntil(trainer, stop);
        }

        using LineTask second = new();
        using Trainer resumed = Trainer.Resume(second, Settings(), s_routes, folder.File("run"));
        Assert.Equal(stop, resumed.Step);
        await TestRun.Run(resumed);

        Assert.Equal(whole, TestRun.Bits(resumed));
        Assert.Equal(TestRun.Metrics(folder.File("whole")), TestRun.Metrics(folder.File("run")));
        Assert.Equal(File.ReadAllText(folder.File("whole/samples.txt")), File.ReadAllText(folder.File("run/samples.txt")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stop_ends_a_sample_or_an_evaluation_and_what_is_resumed_does_it_anew(bool inSample)
    {
        using TemporaryFolder folder = new();
        string whole = await Whole(folder);
        using CancellationTokenSource source = new();
        bool stopped = false;
        using LineTask first = new()
        {
            Sampling = (_, token) => Stop(inSample, token),
            Evaluating = token => Stop(!inSample, token),
        };
        using (Trainer trainer = Trainer.Create(first, Settings(), s_routes, folder.File("run")))
        {
            List<TrainingEvent> events = [];
            await foreach (TrainingEvent happened in trainer.RunAsync(source.Token))
            {
                events.Add(happened);
            }

            Assert.Equal(TrainingOutcome.Cancelled, Assert.IsType<EndEvent>(events[^1]).Outcome);
            Assert.Equal(inSample ? 5 : 4, Assert.IsType<CheckpointEvent>(events[^2]).Step);
        }

        using LineTask second = new();
        using Trainer resumed = Trainer.Resume(second, Settings(), s_routes, folder.File("run"));
        await TestRun.Run(resumed);

        Assert.Equal(whole, TestRun.Bits(resumed));
        Assert.Equal(TestRun.Metrics(folder.File("whole")), TestRun.Metrics(folder.File("run")));
        Assert.Equal(File.ReadAllText(folder.File("whole/samples.txt")), File.ReadAllText(folder.File("run/samples.txt")));

        void Stop(bool here, CancellationToken token)
        {
            if (here && !stopped)
            {
                stopped = true;
                source.Cancel();
                token.ThrowIfCancellationRequested();
            }
        }
    }

    [Fact]
    public async Task The_checkpoint_that_is_due_is_on_the_disk_before_the_sample_begins()
    {
        using TemporaryFolder folder = new();
        List<string> during = [];
        TrainerSettings settings = Settings() with { SampleEvery = 3, EvaluateEvery = 3 };
        string[] whole = await Lines(new LineTask(), "whole");
        string[] lines = await Lines(
            new LineTask
            {
                Sampling = (step, _) =>
                {
                    // What a kill at this moment leaves behind.
                    string copy = folder.File($"killed-{step}");
                    Copy(folder.File("run"), copy);
                    during.Add(copy);
                },
            },
            "run");
        Assert.Equal(whole, lines);
        Assert.Equal(4, during.Count);
        foreach (string killed in during)
        {
            using LineTask task = new();
            using Trainer resumed = Trainer.Resume(task, settings, s_routes, killed);
            Assert.EndsWith($"-{resumed.Step}", killed, StringComparison.Ordinal);
            await TestRun.Run(resumed);
            Assert.Equal(whole, TestRun.Metrics(killed));
            Assert.Equal(File.ReadAllText(folder.File("whole/samples.txt")), File.ReadAllText(Path.Combine(killed, "samples.txt")));
        }

        async Task<string[]> Lines(LineTask task, string name)
        {
            using (task)
            using (Trainer trainer = Trainer.Create(task, settings, s_routes, folder.File(name)))
            {
                await TestRun.Run(trainer);
                return [.. TestRun.Metrics(folder.File(name))];
            }
        }
    }

    [Fact]
    public async Task Another_task_shape_optimizer_or_data_is_refused_in_one_line_and_nothing_is_cut()
    {
        using TemporaryFolder folder = new();
        using (LineTask task = new())
        using (Trainer trainer = Trainer.Create(task, Settings(), s_routes, folder.File("run")))
        {
            await TestRun.RunUntil(trainer, 7);
        }

        string metrics = File.ReadAllText(folder.File("run/metrics.jsonl"));
        Refused(new LineTask(kind: "curve"), s_routes, "task must stay as the run began, \"line\"; \"curve\" came");
        Refused(new LineTask(width: 5), s_routes, "model 'slope' must stay as the run began, \"gain [4]\"; \"gain [5]\" came");
        Refused(new LineTask(data: "points-2"), s_routes, "the data must be that which the run began with; another came");
        Refused(new LineTask(), Route.AdamW(AdamWPresets.Torch with { LearningRate = 0.06 }), "optimizer 'auxiliary' must stay as the run began");
        Refused(new LineTask(), s_routes, "fixed 'accumulation' must stay as the run began, 2; 1 came", Settings() with { Accumulation = 1 });
        Assert.Equal(metrics, File.ReadAllText(folder.File("run/metrics.jsonl")));

        void Refused(LineTask task, IReadOnlyList<Route> routes, string rule, TrainerSettings? settings = null)
        {
            using (task)
            {
                string message = Assert.Throws<BadInputException>(() => Trainer.Resume(task, settings ?? Settings(), routes, folder.File("run"))).Message;
                Assert.Contains(rule, message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', message);
            }
        }
    }

    [Fact]
    public async Task A_broken_but_finite_model_does_not_push_the_last_good_checkpoint_out()
    {
        using TemporaryFolder folder = new();
        using LineTask task = new() { Evaluated = _ => 1e20, Factor = step => step > 5 ? 1e6f : 1 };
        TrainerSettings settings = Settings(12) with { CheckpointKeep = 1, CheckpointEvery = 2, EvaluateEvery = null, SampleEvery = null };
        using (Trainer trainer = Trainer.Create(task, settings, s_routes, folder.File("run")))
        {
            await TestRun.Run(trainer);
        }

        Assert.Equal([12L, 4], new RunFolder(folder.File("run")).Checkpoints.Steps);
    }

    [Fact]
    public async Task Good_checkpoints_are_kept_as_many_as_asked()
    {
        using TemporaryFolder folder = new();
        using LineTask task = new();
        using (Trainer trainer = Trainer.Create(task, Settings(12) with { CheckpointKeep = 1 }, s_routes, folder.File("run")))
        {
            await TestRun.Run(trainer);
        }

        Assert.Equal([12L], new RunFolder(folder.File("run")).Checkpoints.Steps);
    }

    [Fact]
    public async Task A_run_that_breaks_in_its_last_steps_without_evaluations_has_diverged_and_a_good_checkpoint_stays()
    {
        using TemporaryFolder folder = new();
        using LineTask task = new() { Factor = step => step > 5 ? float.NaN : 1 };
        TrainerSettings settings = Settings(12) with { CheckpointKeep = 1, CheckpointEvery = 2, EvaluateEvery = null, SampleEvery = null };
        using (Trainer trainer = Trainer.Create(task, settings, s_routes, folder.File("run")))
        {
            await Assert.ThrowsAsync<DivergedException>(() => TestRun.Run(trainer));
        }

        Assert.Equal([12L, 4], new RunFolder(folder.File("run")).Checkpoints.Steps);
        Assert.Contains("\"reason\":\"diverged\"", File.ReadLines(folder.File("run/metrics.jsonl")).Last(), StringComparison.Ordinal);
    }

    private static async Task<string> Whole(TemporaryFolder folder)
    {
        using LineTask task = new();
        using Trainer trainer = Trainer.Create(task, Settings(), s_routes, folder.File("whole"));
        await TestRun.Run(trainer);
        return TestRun.Bits(trainer);
    }

    private static void Copy(string from, string to)
    {
        foreach (string folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
        {
            Directory.CreateDirectory(to + folder[from.Length..]);
        }

        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != ".lock"))
        {
            File.Copy(file, to + file[from.Length..]);
        }
    }
}
