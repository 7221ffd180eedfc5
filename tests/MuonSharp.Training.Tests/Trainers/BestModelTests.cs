using System.Text.Json.Nodes;
using MuonSharp.Optimizers;
using MuonSharp.Training.Tests.Checkpoints;
using MuonSharp.Training.Tests.Tasks;

namespace MuonSharp.Training.Tests.Trainers;

/// <summary>A run whose held-out loss falls and then rises: the slopes pass the place that is evaluated on their way to that which is trained.</summary>
public class BestModelTests
{
    private const int Steps = 60;
    private static readonly IReadOnlyList<Route> s_routes = Route.AdamW(AdamWPresets.Torch with { LearningRate = 0.05 });

    private static TrainerSettings Settings => new() { Steps = Steps, EvaluateEvery = 4, SampleEvery = 7, CheckpointEvery = 9, CheckpointKeep = 1 };

    [Fact]
    public async Task The_best_is_known_at_every_evaluation_and_its_checkpoint_is_kept()
    {
        using TemporaryFolder folder = new();
        List<TrainingEvent> events = await Train(folder.File("run"), Settings);

        EvaluationEvent[] evaluations = [.. events.OfType<EvaluationEvent>()];
        (double least, long at) = (double.PositiveInfinity, -1);
        foreach (EvaluationEvent evaluation in evaluations)
        {
            double value = evaluation.Result.Decisive.Value;
            (least, at) = value < least ? (value, evaluation.Step) : (least, at);
            Assert.Equal((at, least, at == evaluation.Step), (evaluation.Best!.Step, evaluation.Best.Number.Value, evaluation.IsBest));
        }

        Assert.InRange(at, 8, Steps - 20); // Neither the first nor the last, and no step that a checkpoint is due at.
        Assert.NotEqual(0, at % 9);
        EndEvent end = Assert.IsType<EndEvent>(events[^1]);
        Assert.Equal((at, least), (end.Best!.Step, end.Best.Number.Value));
        Assert.Equal($"step-{at:D8}", Path.GetFileName(end.BestCheckpoint));
        Assert.Equal([Steps, at], new RunFolder(folder.File("run")).Checkpoints.Steps);
        Assert.Equal($"step-{at:D8}\n", File.ReadAllText(folder.File("run/checkpoints/best")));

        // The weights of that checkpoint are those that were evaluated.
        using LineTask task = new();
        Assert.Equal(at, WeightFile.Load(end.BestCheckpoint!, task.Parameters).Step);
        Assert.Equal(least, task.Evaluate(CancellationToken.None)!.Decisive.Value);
        Assert.Equal(at, WeightFile.Load(folder.File("run/checkpoints/best"), task.Parameters).Step);
    }

    [Fact]
    public async Task A_rise_is_told_once_and_the_best_again_at_the_end()
    {
        using TemporaryFolder folder = new();
        List<TrainingEvent> events = await Train(folder.File("run"), Settings);

        EvaluationEvent[] evaluations = [.. events.OfType<EvaluationEvent>()];
        long[] thirds = [.. evaluations.Where((_, i) => Rises(i) && Rises(i - 1) && Rises(i - 2) && !Rises(i - 3)).Select(evaluation => evaluation.Step)];
        NoticeEvent[] notices = [.. events.OfType<NoticeEvent>()];
        Assert.NotEmpty(thirds);
        Assert.Equal([.. thirds, Steps], notices.Select(notice => notice.Step));
        Assert.Contains($"worse 3 times in a row: the model learns the training data by heart. The best was", notices[0].Message, StringComparison.Ordinal);
        Assert.StartsWith($"[train] the model was best after step {evaluations[^1].Best!.Step}: distance ", notices[^1].Message, StringComparison.Ordinal);
        Assert.EndsWith("is kept, and generate --checkpoint best takes it", notices[^1].Message, StringComparison.Ordinal);

        bool Rises(int i) => i > 0 && evaluations[i].Result.Decisive.Value > evaluations[i - 1].Result.Decisive.Value;
    }

    [Theory]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(21)]
    [InlineData(40)]
    public async Task Stopped_and_resumed_it_has_the_same_lines_and_the_same_best(int stop)
    {
        using TemporaryFolder folder = new();
        await Train(folder.File("whole"), Settings);
        using (LineTask task = new())
        using (Trainer trainer = Trainer.Create(task, Settings, s_routes, folder.File("run")))
        {
            await TestRun.RunUntil(trainer, stop);
        }

        await Resume(folder.File("run"), Settings);
        AssertSame(folder.File("whole"), folder.File("run"));
    }

    [Fact(Explicit = true)]
    public async Task Killed_at_any_file_operation_it_resumes_to_the_same_lines_and_the_same_best()
    {
        using TemporaryFolder folder = new();
        await Train(folder.File("whole"), Settings);
        FaultyFiles counting = new();
        await Train(folder.File("counted"), Settings, counting);
        int kills = 0;
        for (int at = 25; at < counting.Operations; at += 13)
        {
            string run = folder.File($"killed-{at}");
            await Assert.ThrowsAsync<SimulatedKill>(() => Train(run, Settings, new FaultyFiles(at)));
            await Resume(run, Settings);
            AssertSame(folder.File("whole"), run);
            Directory.Delete(run, recursive: true);
            kills++;
        }

        Assert.True(kills > 20, $"{kills} kills");
    }

    [Fact]
    public async Task Patience_ends_a_run_and_more_of_it_goes_on_as_if_it_had_not()
    {
        using TemporaryFolder folder = new();
        TrainerSettings patient = Settings with { StopAfter = 3 };
        await Train(folder.File("whole"), Settings);
        List<TrainingEvent> events = await Train(folder.File("run"), patient);

        EndEvent end = Assert.IsType<EndEvent>(events[^1]);
        Assert.Equal((TrainingOutcome.StoppedEarly, end.Best!.Step + (3 * 4)), (end.Outcome, end.Step));
        Assert.Equal([end.Step, end.Best.Step], new RunFolder(folder.File("run")).Checkpoints.Steps);
        Assert.Contains("\"reason\":\"stopped-early\"", File.ReadLines(folder.File("run/metrics.jsonl")).Last(), StringComparison.Ordinal);

        EndEvent again = Assert.IsType<EndEvent>((await Resume(folder.File("run"), patient))[^1]);
        Assert.Equal((TrainingOutcome.StoppedEarly, end.Step, 0L), (again.Outcome, again.Step, again.StepsDone));

        EndEvent last = Assert.IsType<EndEvent>((await Resume(folder.File("run"), patient with { StopAfter = null }))[^1]);
        Assert.Equal((TrainingOutcome.Finished, Steps - end.Step), (last.Outcome, last.StepsDone));
        AssertSame(folder.File("whole"), folder.File("run"));
    }

    [Fact]
    public async Task Without_checkpoints_along_the_way_there_is_none_of_the_best_and_the_run_says_so()
    {
        using TemporaryFolder folder = new();
        List<TrainingEvent> events = await Train(folder.File("run"), Settings with { CheckpointEvery = null });

        EndEvent end = Assert.IsType<EndEvent>(events[^1]);
        Assert.Null(end.BestCheckpoint);
        Assert.EndsWith("no checkpoint of it was written", events.OfType<NoticeEvent>().Last().Message, StringComparison.Ordinal);
        Assert.Equal([(long)Steps], new RunFolder(folder.File("run")).Checkpoints.Steps);
        Assert.False(File.Exists(folder.File("run/checkpoints/best")));
    }

    private static async Task<List<TrainingEvent>> Train(string run, TrainerSettings settings, IFileOperations? files = null)
    {
        using LineTask task = new();
        using Trainer trainer = Trainer.Create(task, settings, s_routes, run, new TrainerOptions { Files = files ?? UnflushedFiles.Instance });
        return await TestRun.Run(trainer);
    }

    private static async Task<List<TrainingEvent>> Resume(string run, TrainerSettings settings)
    {
        using LineTask task = new();
        using Trainer trainer = Trainer.Resume(task, settings, s_routes, run, new TrainerOptions { Files = UnflushedFiles.Instance });
        return await TestRun.Run(trainer);
    }

    /// <summary>Lines, checkpoints, their state, and what the file says.</summary>
    private static void AssertSame(string whole, string run)
    {
        Assert.Equal(TestRun.Metrics(whole), TestRun.Metrics(run));
        IReadOnlyList<long> steps = new RunFolder(whole).Checkpoints.Steps;
        Assert.Empty(steps.Except(new RunFolder(run).Checkpoints.Steps)); // A kill may leave an old one more.
        Assert.Equal(File.ReadAllText(Path.Combine(whole, "checkpoints", "best")), File.ReadAllText(Path.Combine(run, "checkpoints", "best")));
        Assert.All(steps, step => Assert.Equal(State(whole, step), State(run, step)));
    }

    /// <summary>A checkpoint's state without what may differ: the length of the logs, in which there are times.</summary>
    private static string State(string run, long step)
    {
        JsonObject state = JsonNode.Parse(File.ReadAllText(Path.Combine(run, "checkpoints", $"step-{step:D8}", "state.json")))!.AsObject()["state"]!.AsObject();
        Assert.True(state.Remove("logs"));
        return state.ToJsonString();
    }
}
