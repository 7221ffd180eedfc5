using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

/// <summary>Shards are made of a text, trained on, and a run over them that stops goes on to the same bits.</summary>
public class ShardTests
{
    [Fact(Explicit = true)]
    public void A_run_over_shards_ends_with_the_same_bits_when_it_is_resumed()
    {
        using var folder = new TemporaryFolder();
        string text = folder.At("text.txt"), tokenizer = folder.At("tokenizer.json"), shards = folder.At("shards");
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 900).Select(i => $"Mr. Bennet had {i} daughters.\n")));
        Tool.Run("tokenizer", "train", "--data", text, "--vocabulary", "300", "--out", tokenizer).Exits(0);
        JsonObject made = Tool.Run("tokenizer", "shard", "--data", text, "--tokenizer", tokenizer, "--out", shards, "--shard-tokens", "2000", "--json").Exits(0).Json[0];
        int[] encoded = [.. Tool.Run("tokenizer", "encode", "--tokenizer", tokenizer, "--text", File.ReadAllText(text)).Exits(0).Output.Split(' ').Select(int.Parse)];
        Assert.Equal(encoded.Length + 1, (int)made["tokens"]!);
        string[] files = [.. Directory.GetFiles(shards, "*.bin").Order(StringComparer.Ordinal)];
        Assert.Equal((encoded.Length + 2000) / 2000, files.Length);
        byte[] all = [.. files.SelectMany(file => File.ReadAllBytes(file)[1024..])];
        Assert.Equal([299, .. encoded], Enumerable.Range(0, all.Length / 2).Select(i => all[2 * i] + (256 * all[(2 * i) + 1])));
        Assert.Contains("must hold none", Tool.Run("tokenizer", "shard", "--data", text, "--tokenizer", tokenizer, "--out", shards).Exits(2).Error, StringComparison.Ordinal);

        Tool.Run(Train(folder, "whole", shards)).Exits(0);
        Tool.Run(Train(folder, "parts", shards)).Exits(0);
        foreach (string later in new[] { "step-00000010", "step-00000012" })
        {
            Directory.Delete(Path.Combine(folder.At("parts"), "checkpoints", later), recursive: true);
        }

        Tool.Run("train", "--run", folder.At("parts"), "--resume").Exits(0);
        Assert.Equal(Weights(folder.At("whole")), Weights(folder.At("parts")));
        Tool.Run("evaluate", "--run", folder.At("whole")).Exits(0);

        File.Move(files[0], Path.Combine(shards, "val.bin"));
        Assert.Contains("the data must be that which the run began with", Tool.Run("train", "--run", folder.At("parts"), "--resume", "--steps", "14").Exits(2).Error, StringComparison.Ordinal);
    }

    // --data joins what it is given several times, so that the tiny run's own text has to go.
    private static string[] Train(TemporaryFolder folder, string run, string shards) =>
        [.. TinyRun.Train(folder, folder.At(run), "--steps", "12").Select((word, index) => index == 2 ? shards : word)];

    private static byte[] Weights(string run) => File.ReadAllBytes(Path.Combine(run, "checkpoints", "step-00000012", "model.safetensors"));
}
