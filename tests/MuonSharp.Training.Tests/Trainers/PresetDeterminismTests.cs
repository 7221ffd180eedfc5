namespace MuonSharp.Training.Tests.Trainers;

public class PresetDeterminismTests
{
    /// <summary>Every preset at its own width; the large ones with fewer layers, tokens and names for tokens. They take minutes; <see cref="DeterminismTests"/> has a small model for every run of the tests.</summary>
    public static TheoryData<string, string[]> Presets => new()
    {
        { "austen", ["train.batch=4"] },
        { "nanogpt-cpu", [] },
        { "nanogpt", ["train.batch=2", "model.layers=2"] },
        { "airbench94", ["train.batch=20", "image.epochs=null", "image.widths=8,16,16"] },
        { "fashion-mnist", ["train.batch=20", "image.epochs=null", "image.classes=null"] },
        { "gpt2-124m", ["train.batch=2", "model.layers=1", "model.context=64", "model.vocabulary=300"] },
        { "gqa-small", ["train.batch=4"] },
        { "mla-small", ["train.batch=4"] },
        { "speedrun", ["train.batch=2", "model.context=64", "data.tokenizer=byte"] },
        { "speedrun-124m", ["train.batch=2", "model.layers=1", "model.context=64", "model.vocabulary=300", "data.tokenizer=byte"] },
    };

    [Fact]
    public void No_preset_is_left_out() => Assert.Equal(MuonSharp.Training.Presets.Names.Order(StringComparer.Ordinal), Presets.Select(row => row.Data.Item1).Order(StringComparer.Ordinal));

    [Theory(Explicit = true)]
    [MemberData(nameof(Presets))]
    public async Task Fifty_steps_have_the_same_bits_on_one_two_and_three_threads(string preset, string[] settings)
    {
        string[] bits = [await Train(preset, settings, 1), await Train(preset, settings, 2), await Train(preset, settings, 3)];
        Assert.Equal(bits[0], bits[1]);
        Assert.Equal(bits[0], bits[2]);
    }

    private static async Task<string> Train(string preset, string[] settings, int threads)
    {
        TrainingConfigBuilder builder = new();
        builder.UsePreset(preset);
        foreach (string setting in (string[])[.. settings, "train.steps=50", "optimizer.schedule.warmup=10", "evaluate.every=-1", "sample.every=-1", $"train.threads={threads}"])
        {
            builder.Set(setting.Split('=')[0], setting.Split('=')[1]);
        }

        using TemporaryFolder folder = new();
        TrainingConfig config = builder.Build();
        config = config.Image.Network is null ? config : config.Set("data.file", TinyImages.Write(folder.Path, size: 24));
        return await TestRun.BitsOfEveryWorker(() => Trainer.Create(config));
    }
}
