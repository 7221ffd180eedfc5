using MuonSharp.Distributed;
using MuonSharp.Training.Tests.Tasks;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Ranks;

/// <summary>The order of a run over ranks: what is long, what stops it, what it tells.</summary>
public class RankLoopTests
{
    /// <summary>The first rank is asked while another one is in the middle of an evaluation that would not end by itself; unless the first one goes on, or many signs of life go by without a word.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stop_breaks_off_the_evaluation_of_another_rank(bool shared)
    {
        const string Activity = "an evaluation";
        const long BytesOfManySigns = 400;
        using TemporaryFolder folder = new();
        using CancellationTokenSource asked = new();
        TrainingOutcome[] outcomes = new TrainingOutcome[2];
        ICollectives[] ranks = new ICollectives[2];
        ThreadCollectives.Run(2, rank =>
        {
            ranks[rank.Rank] = rank;
            using LineTask task = new()
            {
                SharesEvaluation = shared,
                Evaluating = token =>
                {
                    if (rank.Rank == 1)
                    {
                        SpinWait.SpinUntil(() => ranks[0].Activity == Activity);
                        asked.Cancel();
                        for (long before = rank.BytesSent; !token.IsCancellationRequested && ranks[0].Activity == Activity && rank.BytesSent - before < BytesOfManySigns;)
                        {
                            Thread.Sleep(1);
                        }

                        token.ThrowIfCancellationRequested();
                    }
                },
            };
            using Trainer trainer = Trainer.Create(
                task, new TrainerSettings { Steps = 8, Accumulation = 2, EvaluateEvery = 3, CheckpointEvery = 2 }, null, rank.Rank == 0 ? folder.File("run") : null, new TrainerOptions { Collectives = rank });
            outcomes[rank.Rank] = Assert.IsType<EndEvent>(TestRun.Run(trainer, rank.Rank == 0 ? asked.Token : CancellationToken.None).GetAwaiter().GetResult()[^1]).Outcome;
            Assert.Equal(3, trainer.Step);
        });
        Assert.All(outcomes, outcome => Assert.Equal(TrainingOutcome.Cancelled, outcome));

        // Whoever goes on evaluates after step 3, and comes to the weights of one process that was never stopped.
        string alone = string.Empty;
        using (LineTask task = new())
        using (Trainer trainer = Trainer.Create(task, new TrainerSettings { Steps = 8, Accumulation = 2, EvaluateEvery = 3 }))
        {
            await TestRun.Run(trainer);
            alone = RankRuns.Weights(trainer);
        }

        using LineTask again = new();
        using Trainer resumed = Trainer.Resume(again, new TrainerSettings { Steps = 8, Accumulation = 2, EvaluateEvery = 3 }, null, folder.File("run"));
        List<TrainingEvent> events = await TestRun.Run(resumed);
        Assert.Equal(3, events.OfType<EvaluationEvent>().First().Step);
        Assert.Equal(alone, RankRuns.Weights(resumed));
    }

    [Fact]
    public async Task Step_lines_over_ranks_say_what_talking_took()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = RankRuns.Config(folder, ["log.every=1"]);
        await RankRuns.Alone(config, folder.File("alone"));
        await RankRuns.Together(2, rank => Trainer.Create(config, folder.File("together"), new TrainerOptions { Collectives = rank }));
        List<StepLine> alone = Steps(folder.File("alone")), together = Steps(folder.File("together"));
        Assert.Equal((12, 12), (alone.Count, together.Count));
        Assert.All(alone, line => Assert.Null(line.Exchange));
        Assert.All(together, line =>
        {
            ExchangeTimes times = line.Exchange!.Value;
            Assert.InRange(times.Exchanged.TotalMilliseconds, double.Epsilon, line.StepMilliseconds);
            Assert.InRange(times.Waited.TotalMilliseconds, 0, line.StepMilliseconds);
            Assert.InRange(times.Gathered.TotalMilliseconds, double.Epsilon, line.OptimizerMilliseconds);
        });
    }

    private static List<StepLine> Steps(string run)
    {
        using MetricsReader reader = new(Path.Combine(run, "metrics.jsonl"));
        List<StepLine> steps = [];
        while (reader.Next(out _) is { } line)
        {
            if (line is StepLine step)
            {
                steps.Add(step);
            }
        }

        return steps;
    }

    [Theory]
    [InlineData("data.file")]
    [InlineData("data.validationFile")]
    public void Standard_input_which_only_the_first_rank_has_is_refused_by_name(string key)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = RankRuns.Config(folder, [$"{key}=-"]);
        Assert.All(ThreadCollectives.Create(2), rank => Assert.Contains(
            "standard input", Assert.Throws<ConfigurationException>(() => Trainer.Create(config, null, new TrainerOptions { Collectives = rank })).Message, StringComparison.Ordinal));
    }
}
