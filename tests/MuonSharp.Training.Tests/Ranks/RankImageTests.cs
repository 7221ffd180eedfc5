using MuonSharp.Distributed;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Ranks;

/// <summary>Networks of images over ranks: batch norm's running statistics are those of one process.</summary>
public class RankImageTests
{
    [Theory]
    [InlineData(2, "train.shards=4")]
    [InlineData(3, "train.shards=4")]
    [InlineData(4, "train.shards=2", "train.accumulation=3")]
    [InlineData(3, "train.shards=5", "optimizer.name=adamw", "image.network=airbench94", "image.widths=8,16,16")]
    public async Task Any_number_of_ranks_gives_the_bits_of_one_process(int ranks, params string[] settings)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TinyImages.Config(
            TinyImages.Write(folder.Path, size: 24), [("image.epochs", "null"), ("train.steps", "6"), ("train.threads", "1"), .. settings.Select(setting => (setting.Split('=')[0], setting.Split('=')[1]))]);
        string alone = await RankRuns.Alone(config, folder.File("alone"));
        (string[] bits, _) = await RankRuns.Together(ranks, rank => Trainer.Create(config, folder.File("together"), new TrainerOptions { Collectives = rank }));
        Assert.All(bits, bit => Assert.Equal(alone, bit));
        Assert.Equal(RankRuns.Metrics(folder.File("alone")), RankRuns.Metrics(folder.File("together")));
        foreach (string name in (string[])["model.safetensors", "optimizer.safetensors"])
        {
            string file = Path.Combine("checkpoints", "step-00000006", name);
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder.File("alone"), file)), File.ReadAllBytes(Path.Combine(folder.File("together"), file)));
        }
    }

    /// <summary>r + momentum (b - r), run by run, of means and unbiased variances in double precision.</summary>
    [Fact]
    public void Held_runs_move_the_statistics_once_they_are_taken_in()
    {
        const int Rows = 6, Width = 19;
        ModelBuilder builder = new(seed: 1);
        BatchNorm norm = new(builder, "norm", Width, momentum: 0.25);
        using Model model = builder.Build(new WorkerTeam(1));
        using Tape tape = model.NewTape(training: true);
        Tensor input = tape.Input("x", Rows, Width);
        _ = tape.MeanSquaredError(norm.Record(tape, input), tape.Input("y", Rows, Width));
        tape.Compile();
        IRunStatistics statistics = Assert.Single(model.RunStatistics);
        statistics.HoldsRuns = true;
        byte[][] runs = [new byte[statistics.RunLength], new byte[statistics.RunLength]];
        double[] mean = new double[Width], variance = [.. Enumerable.Repeat(1.0, Width)];
        for (int run = 0; run < 2; run++)
        {
            new RandomStream(5, "x").FillNormal(input.Value, (ulong)run, 0);
            tape.Forward();
            statistics.ReadRun(runs[run]);
            for (int column = 0; column < Width; column++)
            {
                double[] values = [.. Enumerable.Range(0, Rows).Select(row => (double)input.Value[(row * Width) + column])];
                double average = values.Average();
                mean[column] += 0.25 * (average - mean[column]);
                variance[column] += 0.25 * ((values.Sum(value => (value - average) * (value - average)) / (Rows - 1)) - variance[column]);
            }
        }

        Assert.All(norm.RunningMean.Values.Span.ToArray(), value => Assert.Equal(0, value));
        Assert.All(norm.RunningVariance.Values.Span.ToArray(), value => Assert.Equal(1, value));
        statistics.TakeRun(runs[0]);
        statistics.TakeRun(runs[1]);
        for (int column = 0; column < Width; column++)
        {
            Assert.Equal(mean[column], norm.RunningMean.Values.Span[column], 1e-6);
            Assert.Equal(variance[column], norm.RunningVariance.Values.Span[column], 1e-6);
        }

        model.Team.Dispose();
    }

    [Fact]
    public void A_norm_that_stands_twice_in_a_network_is_refused_by_name()
    {
        ModelBuilder builder = new(seed: 1);
        BatchNorm norm = new(builder, "norm", 3);
        using Model model = builder.Build();
        using Tape tape = model.NewTape(training: true);
        _ = norm.Record(tape, norm.Record(tape, tape.Input("x", 4, 3)));
        Assert.Contains("norm.running_mean", Assert.Throws<InvalidOperationException>(() => model.RunStatistics[0].HoldsRuns = true).Message, StringComparison.Ordinal);
    }

    /// <summary>A task of one's own is as before once its trainer over ranks is gone.</summary>
    [Fact]
    public void A_task_moves_its_statistics_itself_again_afterwards()
    {
        ThreadCollectives.Run(2, rank =>
        {
            ModelBuilder builder = new(seed: 1);
            BatchNorm norm = new(builder, "norm", 3);
            using Model model = builder.Build(new WorkerTeam(1));
            float[] numbers = [.. Enumerable.Range(0, 48).Select(i => (i * 7 % 11) - 4f)];
            using SupervisedTask task = new(
                model, SupervisedData.OfNumbers(numbers, numbers, rows: 16), (tape, x) => norm.Record(tape, x), Objective.MeanSquaredError, options: new SupervisedTaskOptions { Batch = 4 });
            using (Trainer trainer = Trainer.Create(task, new TrainerSettings { Steps = 2, Accumulation = 4 }, options: new TrainerOptions { Collectives = rank }))
            {
                TestRun.Run(trainer).GetAwaiter().GetResult();
                Assert.True(model.RunStatistics[0].HoldsRuns);
            }

            Assert.False(model.RunStatistics[0].HoldsRuns);
            float before = norm.RunningMean.Values.Span[0];
            _ = task.Run(3, 0, 1);
            Assert.NotEqual(before, norm.RunningMean.Values.Span[0]);
            rank.Barrier();
            model.Team.Dispose();
        });
    }
}
