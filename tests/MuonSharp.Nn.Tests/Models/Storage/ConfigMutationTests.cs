using System.Diagnostics;
using MuonSharp.Formats;
using MuonSharp.Formats.Tests;
using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Models.Storage;

/// <summary>Damaged <c>config.json</c>s of every family: each is a model, or refused in one line, and what it says of sizes costs nothing before the weights agree.</summary>
public sealed class ConfigMutationTests : IDisposable
{
    private static readonly string[] s_models = ["gpt2", "llama-gqa", "llama-legacy-config", "llama-tied-llama3-rope", "qwen3", "qwen3-window", "deepseek-v3-dense", "deepseek-v3-moe-yarn"];

    private static readonly byte[][] s_sizes = [.. new[] { "2147483647", "10000", "1", "0", "-1", "65536", "16777216", "999999999" }.Select(System.Text.Encoding.UTF8.GetBytes)];

    private readonly WorkerTeam _team = new(1);

    public void Dispose() => _team.Dispose();

    [Theory]
    [InlineData(4_000)]
    [InlineData(100_000, Explicit = true)]
    public void Every_damaged_configuration_is_a_model_or_refused_in_one_line(int count)
    {
        (byte[] Config, SafetensorsFile Weights)[] models = [.. s_models.Select(name => (File.ReadAllBytes(Path.Combine(Folder.Golden(name), "config.json")), SafetensorsFile.Open(Path.Combine(Folder.Golden(name), "model.safetensors"))))];
        int read = 0, loaded = 0;
        for (int seed = 0; seed < count; seed++)
        {
            Dice dice = new((ulong)seed);
            (byte[] config, SafetensorsFile weights) = models[seed % models.Length];
            byte[] damaged = dice.Below(3) == 0 ? OtherSize(config, dice) : JsonMutation.Of(config, dice);
            long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            try
            {
                LanguageModelConfig sound = ModelDirectory.ReadConfig(StoredSettings.Parse(damaged, "config.json"));
                read++;
                Assert.Empty(sound.Problems());
                using LanguageModel model = StoredWeights.Load(sound, weights, map => map, _team, gradients: false);
                loaded++;
            }
            catch (InvalidFileException refused)
            {
                Assert.True(refused.Message.StartsWith("[model] config.json", StringComparison.Ordinal) || refused.Message.StartsWith("[weights] ", StringComparison.Ordinal), $"{seed}: {refused.Message}");
                Assert.True(refused.Message.Length < 4000 && !refused.Message.Any(char.IsControl), $"{seed}: {refused.Message}");
            }
            catch (Exception other)
            {
                Assert.Fail($"{seed}: {other}\n{System.Text.Encoding.UTF8.GetString(damaged)}");
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 8 << 20, $"{seed}: {GC.GetAllocatedBytesForCurrentThread() - before} bytes allocated");
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10), $"{seed}: {Stopwatch.GetElapsedTime(start)}");
        }

        Array.ForEach(models, model => model.Weights.Dispose());
        Assert.InRange(read, count / 10, count * 9 / 10);
        Assert.InRange(loaded, count / 100, read);
    }

    [Fact]
    public void Every_truncation_is_refused_in_one_line() => Assert.All(s_models, name =>
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(Folder.Golden(name), "config.json"));
        int end = whole.AsSpan().LastIndexOf((byte)'}');
        for (int length = 0; length <= end; length++) Assert.Throws<InvalidFileException>(() => StoredSettings.Parse(whole.AsSpan(0, length), "config.json"));
    });

    /// <summary>One number is another one: sizes that no file holds, and some that it does.</summary>
    private static byte[] OtherSize(byte[] config, Dice dice)
    {
        int at = dice.Below(config.Length);
        while (at < config.Length && config[at] is < (byte)'0' or > (byte)'9') at++;
        int end = at;
        while (end < config.Length && config[end] is >= (byte)'0' and <= (byte)'9') end++;
        return [.. config[..at], .. s_sizes[dice.Below(s_sizes.Length)], .. config[end..]];
    }
}
