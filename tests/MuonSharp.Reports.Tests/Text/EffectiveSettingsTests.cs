using MuonSharp.Training;

namespace MuonSharp.Reports.Tests;

public class EffectiveSettingsTests
{
    [Theory]
    [InlineData("airbench94", "image.network", "model.width", "sample.prompt", "data.tokenizer", "qkClip.tau")]
    [InlineData("nanogpt-cpu", "model.width", "image.flip", "image.sgd.momentum", "model.experts.active", "model.latent.rotaryWidth")]
    public void What_nothing_uses_is_left_out(string preset, string used, params string[] unused)
    {
        string[] keys = Keys(TrainingConfig.FromPreset(preset));
        Assert.Contains(used, keys);
        Assert.Contains("train.seed", keys);
        Assert.DoesNotContain(keys, key => unused.Contains(key, StringComparer.Ordinal));
    }

    [Fact]
    public void What_somebody_gave_is_shown_though_nothing_uses_it() =>
        Assert.Contains("model.width", Keys(new TrainingConfigBuilder().UsePreset("airbench94").Set("data.file", "images").Set("model.width", "96").Build()));

    private static string[] Keys(TrainingConfig config) =>
        [.. EffectiveSettings.Of(config).SelectMany(row => row[1].Split("  ")).Select(pair => pair[..pair.IndexOf('=', StringComparison.Ordinal)])];
}
