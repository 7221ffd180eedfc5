using System.Globalization;

namespace MuonSharp.Training.Tests.Ranks;

/// <summary>Every preset, made small, with each optimizer on any number of ranks: the table of docs/distributed.md.</summary>
public class RankTableTests
{
    private static readonly int[] s_ranks = [2, 3, 4, 6, 8];

    private static readonly (string Name, string[] Settings)[] s_optimizers =
    [
        ("muon", ["optimizer.name=muon"]), ("normuon", ["optimizer.name=muon", "optimizer.preset=normuon"]), ("adamw", ["optimizer.name=adamw"]), ("shampoo", ["optimizer.name=shampoo"]),
        ("soap", ["optimizer.name=soap"]), ("sgd", ["optimizer.name=sgd"]),
    ];

    /// <summary>A preset that comes in is in the table.</summary>
    public static TheoryData<string, string> Cells
    {
        get
        {
            TheoryData<string, string> cells = [];
            foreach (string preset in MuonSharp.Training.Presets.Names)
            {
                foreach ((string name, _) in s_optimizers)
                {
                    cells.Add(preset, name);
                }
            }

            return cells;
        }
    }

    /// <summary>The hash of the weights goes to the output: <c>-showliveoutput on</c> shows it.</summary>
    [Theory(Explicit = true)]
    [MemberData(nameof(Cells))]
    public async Task Fifty_steps_have_the_same_bits_on_one_to_eight_ranks(string preset, string optimizer)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = Small(folder, preset, s_optimizers.Single(one => one.Name == optimizer).Settings);
        string alone = await RankRuns.Alone(config, null);
        foreach (int ranks in s_ranks)
        {
            (string[] bits, long[] steps) = await RankRuns.Together(ranks, rank => Trainer.Create(config, null, new TrainerOptions { Collectives = rank }));
            Assert.All(steps, step => Assert.Equal(50, step));
            Assert.All(bits, bit => Assert.True(alone == bit, $"{preset}, {optimizer}, {ranks} ranks"));
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"cell {preset} {optimizer} {alone[..8]}");
    }

    /// <summary>One layer of a preset's own shape, few tokens, eight parts of a batch.</summary>
    private static TrainingConfig Small(TemporaryFolder folder, string preset, string[] optimizer)
    {
        TrainingConfigBuilder builder = new();
        builder.UsePreset(preset);
        TrainingConfig own = builder.Build();
        string[] settings = own.Image.Network is null
            ? ["model.layers=1", Invariant($"model.width={8 * own.Model.Heads}"), "model.context=16", "model.vocabulary=300", "data.tokenizer=byte", $"data.file={folder.Write("text.txt", Trainers.TestRun.Text)}", "train.batch=8"]
            : ["image.widths=4,6,8", "image.epochs=null", "image.classes=null", $"data.file={TinyImages.Write(folder.Path, size: 24)}", "train.batch=16"];
        foreach (string setting in (string[])[
            .. settings, .. optimizer, "optimizer.learningRate=0.005", "train.shards=8", "train.steps=50", "train.threads=1", "optimizer.schedule.warmup=10", "evaluate.every=-1", "sample.every=-1", "log.every=-1"])
        {
            int equals = setting.IndexOf('=', StringComparison.Ordinal);
            builder.Set(setting[..equals], setting[(equals + 1)..]);
        }

        return builder.Build();

        static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
