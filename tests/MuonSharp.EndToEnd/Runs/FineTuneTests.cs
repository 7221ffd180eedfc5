using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

/// <summary><c>train --from RUN</c>.</summary>
public sealed class FineTuneTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact(Explicit = true)]
    public void A_run_from_another_ones_weights_begins_lower_than_one_from_scratch_and_does_not_need_it_again()
    {
        string source = folder.At("source"), tuned = folder.At("tuned");
        JsonObject scratch = Tool.Run(TinyRun.Train(folder, source, "--json")).Exits(0).OfKind("step")[0];
        string[] tune = ["train", "--from", source, "--data", folder.At("text.txt"), "--run", tuned, "--threads", "2", "--set", "sample.every=-1"];
        ProcessResult result = Tool.Run([.. tune, "--steps", "10", "--json"]).Exits(0);
        Assert.True((double)result.OfKind("step")[0]["loss"]! < 0.8 * (double)scratch["loss"]!);
        Assert.Equal(32, (int)result.OfKind("start")[0]["config"]!["model"]!["width"]!);

        Directory.Delete(source, recursive: true);
        Tool.Run("generate", "--run", tuned, "--tokens", "5").Exits(0);
        Tool.Run([.. tune, "--steps", "12", "--resume"]).Exits(0);
        Assert.EndsWith("step-00000012", RunFiles.Checkpoints(tuned)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_banner_says_where_weights_and_settings_came_from()
    {
        string source = folder.At("source");
        Tool.Run(TinyRun.Train(folder, source, "--steps", "2")).Exits(0);
        string output = Tool.Run("train", "--from", source, "--data", folder.At("text.txt"), "--run", folder.At("tuned"), "--steps", "1", "--verbose").Exits(0).Output;
        Assert.Contains($"weights  from {source}, step 2", output, StringComparison.Ordinal);
        Assert.Matches(@"given +.*config\.json \(\d+ keys\)  data\.file=/.*  train\.steps=1", output);
        Assert.Matches("file .*config.json +model.layers=2", output);
        Assert.Matches("--from +train.from=/", output);
    }

    [Fact(Explicit = true)]
    public void What_cannot_be_begun_with_is_refused_before_anything_is_written()
    {
        string source = folder.At("source"), run = folder.At("run");
        Tool.Run("train", "--from", source, "--run", run).Fails(2, source, "no such folder");
        Tool.Run(TinyRun.Train(folder, source, "--steps", "2")).Exits(0);
        Tool.Run("train", "--from", source, "--run", run, "--set", "model.width=48").Fails(1, "model.width must be that of train.from, 32");
        Tool.Run("train", "--from", source, "--data", folder.Write("new.txt", new string('\u00e9', 900)), "--run", run).Fails(2, "U+00E9");
        Assert.False(Directory.Exists(run));
    }
}
