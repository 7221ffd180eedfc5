using MuonSharp.Distributed;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Ranks;

/// <summary>Ranks that are not alike, or come apart.</summary>
public class RankRefusalTests
{
    [Theory]
    [InlineData("optimizer.learningRate", "0.5", "configuration")]
    [InlineData("train.batch", "16", "configuration")]
    [InlineData("data.file", "other.txt", "data")]
    public void Ranks_that_differ_are_refused_and_leave_no_folder(string key, string value, string what)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = RankRuns.Config(folder, []);
        TrainingConfig other = config.Set(key, key == "data.file" ? folder.Write(value, new string([.. Trainers.TestRun.Text.Reverse()])) : value);
        string[] messages = new string[3];
        ThreadCollectives.Run(3, rank =>
        {
            CollectiveException error = Assert.Throws<CollectiveException>(
                () => Trainer.Create(rank.Rank == 2 ? other : config, rank.Rank == 0 ? folder.File("run") : null, new TrainerOptions { Collectives = rank }));
            messages[rank.Rank] = error.Message;
            rank.Barrier();
        });
        Assert.All(messages, message => Assert.StartsWith($"[ranks] {what} must be the same on all ranks; rank 0 has ", message, StringComparison.Ordinal));
        Assert.All(messages, message => Assert.Contains(", rank 2 ", message, StringComparison.Ordinal));
        Assert.False(Directory.Exists(folder.File("run")));
    }

    [Fact]
    public void What_only_one_rank_cannot_do_ends_the_others()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = RankRuns.Config(folder, []);
        string[] messages = new string[2];
        ThreadCollectives.Run(2, rank =>
        {
            TrainingConfig own = rank.Rank == 0 ? config : config.Set("data.file", folder.File("missing.txt"));
            Exception? error = Record.Exception(() => Trainer.Create(own, null, new TrainerOptions { Collectives = rank }));
            messages[rank.Rank] = error?.Message ?? "nothing";
            rank.Barrier();
        });
        Assert.Equal("[ranks] another rank could not go on at the start of the run", messages[0]);
        Assert.Contains("missing.txt", messages[1], StringComparison.Ordinal);
    }

    /// <summary>A layer of one's own that counts its runs: each rank runs other micro-batches.</summary>
    [Fact]
    public void Statistics_that_come_apart_are_found()
    {
        ThreadCollectives.Run(2, rank =>
        {
            using CountingTask task = new();
            using Trainer trainer = Trainer.Create(task, new TrainerSettings { Steps = 5, Accumulation = 2 }, options: new TrainerOptions { Collectives = rank });
            BadInputException error = Assert.Throws<BadInputException>(() => Trainers.TestRun.Run(trainer).GetAwaiter().GetResult());
            Assert.Contains("after step 1 they differ", error.Message, StringComparison.Ordinal);
            rank.Barrier();
        });
    }

    private sealed class CountingTask : ITrainingTask
    {
        private readonly Model _model;
        private readonly Parameter _weight;
        private readonly ModelBuffer _sum;

        public CountingTask()
        {
            ModelBuilder builder = new(seed: 3);
            _weight = builder.Parameter("weight", [4], ParameterRole.Gain, Initializers.Ones);
            _sum = builder.Buffer("sum", [1]);
            _model = builder.Build(new WorkerTeam(1));
        }

        public ParameterStore Parameters => _model.Parameters;

        public WorkerTeam Team => _model.Team;

        public string Kind => "counting";

        public string Unit => "runs";

        public long UnitsPerMicroBatch => 1;

        public IReadOnlyList<(string Name, string Value)> Facts => [];

        public string DataIdentity => "none";

        public double Run(long step, int microBatch, float gradientScale)
        {
            _sum.Values.Span[0] += microBatch;
            _weight.Gradient.Span.Fill(gradientScale);
            return 1;
        }

        public Training.Evaluation? Evaluate(CancellationToken cancellation) => null;

        public void Dispose()
        {
            _model.Dispose();
            Team.Dispose();
        }
    }
}
