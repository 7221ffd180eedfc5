using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.CommandLine;

public class PlanTests
{
    [Fact]
    public void Equal_matrices_of_all_layers_share_a_line_that_says_who_and_why()
    {
        ProcessResult result = Tool.Run("plan", "--preset", "gpt2-124m", "--set", "train.accumulation=128").Exits(0);
        Assert.Matches(@"layers 0-11 attn\.c_attn\.weight query +\[768, 768\] +x12 +7,077,888 +muon +\S+ +hidden matrix: its update is orthogonalized", result.Output);
        Assert.Matches(@"layers 0-11 mlp\.c_fc\.weight +\[3072, 768\] +x12", result.Output);
        Assert.Matches(@"transformer\.wte\.weight +\[50257, 768\] +38,597,376 +adamw", result.Output);
        Assert.Matches(@"published T m / B +0\.73 %", result.Output);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void All_lists_every_tensor_and_matrix()
    {
        ProcessResult result = Tool.Run("plan", "--preset", "gpt2-124m", "--all").Exits(0);
        Assert.DoesNotContain("layers 0-11", result.Output, StringComparison.Ordinal);

        // 148 tensors, of which 12 are three matrices.
        Assert.Equal(148 + 24, result.Lines.Count(line => line.StartsWith("transformer.", StringComparison.Ordinal)));
    }

    [Fact]
    public void As_json_it_is_an_object_a_parameter_and_one_for_the_whole()
    {
        JsonObject[] lines = Tool.Run("plan", "--preset", "gpt2-124m", "--optimizer", "normuon", "--json").Exits(0).Json;
        Assert.Equal(148, lines.Count(line => (string?)line["kind"] == "parameter"));
        JsonObject fused = lines.First(line => (string?)line["name"] == "transformer.h.3.attn.c_attn.weight");
        Assert.Equal(["kind", "name", "shape", "role", "optimizer", "group", "reason", "matrices"], fused.Select(pair => pair.Key));
        Assert.Equal(["query", "key", "value"], fused["matrices"]!.AsArray().Select(matrix => (string?)matrix!["part"]));
        JsonObject whole = lines[^1];
        Assert.Equal("plan", (string?)whole["kind"]);
        Assert.Equal(
            lines.SelectMany(line => line["matrices"] as JsonArray ?? []).Sum(matrix => (double)matrix!["flops"]!), (double)whole["optimizer_flops"]!, 1.0);
        Assert.Equal(124_439_808, (long?)whole["parameters"]);
    }

    [Fact]
    public void A_model_too_large_for_any_machine_has_a_plan()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("70b.json", """
            {"model": {"layers": 80, "heads": 64, "keyValueHeads": 8, "width": 8192, "hiddenWidth": 28672, "context": 8192, "vocabulary": 128256,
             "positions": "rotary", "normalization": "rms-norm", "activation": "swiglu", "tiedHead": false}}
            """);
        ProcessResult result = Tool.Run("plan", "--config", file).Exits(0);
        Assert.Contains("70,553,706,496 weights", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"layers 0-79 self_attn\.k_proj\.weight key +\[1024, 8192\] +x80", result.Output);
    }

    [Fact]
    public void What_cannot_be_planned_is_said_in_a_line()
    {
        Tool.Run("plan", "--preset", "gpt3").Fails(1, "gpt2-124m");
        Tool.Run("plan", "--set", "model.width=100", "--set", "model.heads=3").Fails(1, "model: width must be a multiple of heads");
        Tool.Run("plan", "--data", "missing.txt").Fails(2, "missing.txt");
        Tool.Run("plan", "--data", "missing.txt", "--set", "model.vocabulary=300").Fails(2, "missing.txt");
    }
}
