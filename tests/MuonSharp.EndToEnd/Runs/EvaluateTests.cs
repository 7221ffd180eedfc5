using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class EvaluateTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    [Fact]
    public void As_json_it_is_one_object_of_the_contract_and_agrees_with_the_training_run()
    {
        JsonObject line = Assert.Single(Tool.Run("evaluate", "--run", trained.Run, "--json").Exits(0).Json);
        Assert.Equal(["kind", "step", "loss", "bits_per_byte", "tokens", "bytes"], line.Select(pair => pair.Key));
        Assert.Equal("evaluation", (string?)line["kind"]);
        Assert.Equal((double?)trained.Training.OfKind("eval")[^1]["val_loss"], (double?)line["loss"]);
        Assert.Equal((double)line["loss"]! * (long)line["tokens"]! / Math.Log(2) / (long)line["bytes"]!, (double)line["bits_per_byte"]!, 12);
    }

    [Fact]
    public void The_whole_text_counts_but_for_its_first_token()
    {
        JsonObject line = Assert.Single(Tool.Run("evaluate", "--run", trained.Run, "--data", trained.Text, "--json").Exits(0).Json);
        Assert.Equal(TinyRun.Text.Length - 1, (long?)line["tokens"]);
        Assert.Equal(TinyRun.Text.Length - 1, (long?)line["bytes"]);
    }

    [Fact]
    public void As_text_it_names_both_units()
    {
        ProcessResult result = Tool.Run("evaluate", "--run", trained.Run).Exits(0);
        Assert.Contains("nats per token", result.Output, StringComparison.Ordinal);
        Assert.Contains("bits per byte", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void Text_that_cannot_be_used_is_bad_input()
    {
        using var folder = new TemporaryFolder();
        Tool.Run("evaluate", "--run", trained.Run, "--data", folder.At("missing.txt")).Fails(2, "missing.txt");
        Tool.Run("evaluate", "--run", trained.Run, "--data", folder.FullPath).Fails(2, "the folder must hold a UTF-8 text");
        Tool.Run("evaluate", "--run", trained.Run, "--data", folder.Write("empty.txt", "")).Fails(2, "empty.txt");
    }
}
