using MuonSharp.Distributed;

namespace MuonSharp.Training.Tests.Ranks;

/// <summary>Runs over several ranks, each on a thread of this process, against the same run in one process.</summary>
public class RankTrainingTests
{
    public static TheoryData<int, string[]> Settings => new()
    {
        { 2, [] },
        { 3, [] },
        { 4, ["optimizer.preset=normuon"] },
        { 3, ["optimizer.name=adamw", "optimizer.clipNorm=0.5"] },
        { 2, ["optimizer.name=shampoo"] },
        { 3, ["optimizer.name=soap"] },
        { 2, ["optimizer.name=sgd"] },
        { 5, ["optimizer.name=lion"] },
        { 3, ["train.shards=2", "train.accumulation=3", "qkClip.tau=1"] },
        { 8, ["qkClip.tau=0.5", "model.dropout=0.2"] },
        { 2, ["model.width=128", "data.tokenizer=byte"] },
        { 3, ["model.width=160", "optimizer.name=adamw"] },
        { 3, ["model.width=128", "optimizer.name=lion", "optimizer.clipNorm=0.5"] },
        { 3, ["model.family=deepseek_v3", "model.normalization=rms-norm", "model.positions=rotary", "model.activation=swiglu", "model.biases=false", "model.tiedHead=false", "model.experts.count=4", "model.experts.hiddenWidth=32", "model.experts.balancingSpeed=0.01"] },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task Any_number_of_ranks_gives_the_bits_of_one_process(int ranks, string[] settings)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = RankRuns.Config(folder, settings);
        string alone = await RankRuns.Alone(config, Path.Combine(folder.Path, "alone"));
        (string[] bits, _) = await RankRuns.Together(ranks, rank => Trainer.Create(config, Path.Combine(folder.Path, "together"), new TrainerOptions { Collectives = rank }));
        Assert.All(bits, bit => Assert.Equal(alone, bit));
        AssertSameFiles(Path.Combine(folder.Path, "alone"), Path.Combine(folder.Path, "together"), config.Train.Steps);
    }

    /// <summary>Of the second, tensors are cut between ranks, at other places for other numbers of them.</summary>
    [Theory]
    [InlineData("qkClip.tau=1")]
    [InlineData("model.width=160", "optimizer.name=adamw")]
    public async Task A_run_goes_on_with_other_ranks_to_the_same_bits(params string[] settings)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = RankRuns.Config(folder, settings);
        string alone = await RankRuns.Alone(config, Path.Combine(folder.Path, "alone")), run = Path.Combine(folder.Path, "run");
        TrainingConfig half = config.Set("train.steps", "12");
        int[] counts = [3, 1, 4];
        for (int part = 0; part < counts.Length; part++)
        {
            using CancellationTokenSource stop = new();
            int until = 3 * (part + 1);
            (string[] bits, long[] steps) = await RankRuns.Together(
                counts[part],
                rank => part == 0 ? Trainer.Create(half, run, new TrainerOptions { Collectives = rank }) : Trainer.Resume(run, null, new TrainerOptions { Collectives = rank }),
                part == counts.Length - 1 ? null : (trainer, happened) =>
                {
                    if (trainer.RunFolder is not null && trainer.Step >= until)
                    {
                        stop.Cancel();
                    }
                },
                stop.Token);
            Assert.All(steps, step => Assert.Equal(steps[0], step));
            Assert.All(bits, bit => Assert.Equal(bits[0], bit));
            Assert.True(part == counts.Length - 1 ? bits[0] == alone : steps[0] is var step && step >= until && step < 12);
        }

        AssertSameFiles(Path.Combine(folder.Path, "alone"), run, config.Train.Steps);
    }

    [Fact]
    public async Task Ranks_own_the_state_that_they_update()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = RankRuns.Config(folder, []);
        long whole = 0;
        using (Trainer alone = Trainer.Create(config))
        {
            whole = alone.Parts.Optimizer.StateTensors.Sum(tensor => (long)tensor.Memory.Length);
        }

        ICollectives[] ranks = ThreadCollectives.Create(3);
        long[] parts = await Task.WhenAll(ranks.Select(rank => Task.Factory.StartNew(
            () =>
            {
                using Trainer trainer = Trainer.Create(config, null, new TrainerOptions { Collectives = rank });
                return trainer.Parts.Optimizer.StateTensors.Sum(tensor => (long)tensor.Memory.Length);
            },
            TaskCreationOptions.LongRunning)));
        Assert.Equal(whole, parts.Sum());
        Assert.All(parts, part => Assert.InRange(part, 1, whole / 2));
    }

    [Fact]
    public void More_ranks_than_parts_is_an_error_that_leads_on()
    {
        using TemporaryFolder folder = new();
        ICollectives many = ThreadCollectives.Create(16)[0];
        ConfigurationException given = Assert.Throws<ConfigurationException>(() => Trainer.Create(RankRuns.Config(folder, []), null, new TrainerOptions { Collectives = many }));
        Assert.Contains("16 ranks, train.shards 8 x train.accumulation 1 came", given.Message, StringComparison.Ordinal);
        TrainingConfig odd = new TrainingConfigBuilder().Set("train.batch", "12").Build();
        ConfigurationException chosen = Assert.Throws<ConfigurationException>(() => Trainer.Create(odd, null, new TrainerOptions { Collectives = many }));
        Assert.Contains("train.batch must be a multiple", chosen.Message, StringComparison.Ordinal);
    }

    /// <summary>The last checkpoints hold the same tensors, the metrics the same numbers but for times.</summary>
    private static void AssertSameFiles(string first, string second, int step)
    {
        foreach (string name in (string[])["model.safetensors", "optimizer.safetensors"])
        {
            string file = Path.Combine("checkpoints", $"step-{step:00000000}", name);
            Assert.Equal(File.ReadAllBytes(Path.Combine(first, file)), File.ReadAllBytes(Path.Combine(second, file)));
        }

        Assert.Equal(RankRuns.Metrics(first), RankRuns.Metrics(second));
    }
}
