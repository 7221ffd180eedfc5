using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

/// <summary>Every option of every optimizer is a key of the command line.</summary>
public class OptimizerKeyTests
{
    [Fact(Explicit = true)]
    public void Lion_trains_the_matrices_and_AdamW_the_rest()
    {
        using var folder = new TemporaryFolder();
        ProcessResult result = Tool.Run(TinyRun.Train(folder, folder.At("run"), "--optimizer", "lion", "--steps", "5", "--set", "optimizer.beta2=0.95", "--json")).Exits(0);
        JsonObject weights = result.Json[0]["parameters_by_optimizer"]!.AsObject();
        Assert.Equal(["adamw", "lion"], weights.Select(pair => pair.Key).Order(StringComparer.Ordinal));

        // Two layers of width 32: query, key, value and output, and two matrices of four times the width.
        Assert.Equal(2 * ((4 * 32 * 32) + (2 * 4 * 32 * 32)), (long)weights["lion"]!);
        var config = (JsonObject)JsonNode.Parse(File.ReadAllText(folder.At("run", "config.json")))!["optimizer"]!;
        Assert.Equal(("lion", 0.95), ((string?)config["name"], (double)config["beta2"]!));
        Assert.Null(config["nesterov"]);

        Tool.Run("train", "--resume", "--run", folder.At("run"), "--steps", "7").Exits(0);
        Tool.Run("train", "--resume", "--run", folder.At("run"), "--steps", "9", "--set", "optimizer.beta2=0.9")
            .Fails(1, "[resume] optimizer.beta2 must stay as the run began; 0.95 was saved, 0.9 came");
    }

    [Fact(Explicit = true)]
    public void An_option_of_Muon_changes_its_steps_and_one_of_another_is_remarked_on()
    {
        using var folder = new TemporaryFolder();
        Tool.Run(TinyRun.Train(folder, folder.At("original"), "--steps", "5")).Exits(0);
        ProcessResult result = Tool.Run(TinyRun.Train(folder, folder.At("matched"), "--steps", "5", "--set", "optimizer.scale=match-rms-adamw", "--set", "optimizer.blockSize=8", "--verbose")).Exits(0);
        Assert.Contains("optimizer.scale=match-rms-adamw", result.Output, StringComparison.Ordinal);
        Assert.Contains("note: [config] optimizer.blockSize is set, but optimizer.name=muon does not use it", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"options of matrices +muon +where none are set: missingGradient=skip +form=ema +nesterov=true +orthogonalizer=zolotarev/2", result.Output);
        Assert.Matches(@"options of auxiliary +adamw +where none are set: missingGradient=zero", result.Output);
        Assert.DoesNotContain("grafting", result.Output, StringComparison.Ordinal);
        Assert.NotEqual(Weights("original"), Weights("matched"));

        byte[] Weights(string run) => File.ReadAllBytes(Directory.GetFiles(folder.At(run, "checkpoints", "step-00000005"), "model.safetensors").Single());
    }

    [Theory]
    [InlineData("optimizer.scale=match-rms-adam", "did you mean 'match-rms-adamw'?")]
    [InlineData("optimizer.blokSize=8", "did you mean 'optimizer.blockSize'?")]
    [InlineData("optimizer.nesterov=2", "[config] optimizer.nesterov must be true or false, or null for the preset's; '2' came")]
    [InlineData("optimizer.rowEpsilon=0.5", "[config] optimizer.rowEpsilon with optimizer.name=muon: the key belongs to the preset 'normuon' or to rowNormalization; rows are not normalized here")]
    public void What_does_not_fit_is_one_line(string setting, string problem) => Tool.Run("plan", "--set", setting).Fails(1, problem);

    [Fact(Explicit = true)]
    public void A_plan_has_the_memory_and_the_arithmetic_of_the_options()
    {
        JsonObject usual = Plan("shampoo"), small = Plan("shampoo", "--set", "optimizer.blockSize=32"), often = Plan("soap", "--set", "optimizer.preconditionFrequency=1"), seldom = Plan("soap");

        // In four layers of width 128, four matrices of the width and two of four times it. A side n keeps a statistic and a root of n^2 doubles; in blocks of 32, each has its own two sides.
        Assert.Equal(4L * ((4 * 2 * 128 * 128) + (2 * ((512 * 512) + (128 * 128)))) * 2 * 8, Bytes(usual));
        Assert.Equal(4L * ((4 * 128 * 128) + (2 * 512 * 128)) / (32 * 32) * (2 * 32 * 32) * 2 * 8, Bytes(small));
        Assert.True((double)often["optimizer_flops"]! > (double)seldom["optimizer_flops"]!);

        static JsonObject Plan(string optimizer, params string[] more) => Tool.Run(["plan", "--preset", "nanogpt-cpu", "--optimizer", optimizer, "--json", .. more]).Exits(0).Json[^1];
        static long Bytes(JsonObject plan) => (long)plan["optimizers"]![0]!["states"]!["statistics and roots, in double"]!;
    }

    [Fact(Explicit = true)]
    public void Lion_is_compared_and_variants_differ_in_any_option()
    {
        using var folder = new TemporaryFolder();
        string[] train = TinyRun.Train(folder, "unused", "--set", "evaluate.every=4");
        string[] compare =
        [
            "compare", "--optimizers", "adamw,lion,muon:preset=torch;coefficients=[3,-4,2];learningRate=0.01", "--run", folder.At("compare"), "--budgets", "50",
            "--learning-rates", "adamw=4e-3", "--learning-rates", "lion=2e-4", .. train.Where(word => word is not ("train" or "--run" or "unused")), "--steps", "4",
        ];
        string output = Tool.Run(compare).Exits(0).Output;
        Assert.Contains("muon:preset=torch;coefficients=[3,-4,2];learningRate=0.01", output, StringComparison.Ordinal);
        JsonArray rows = JsonNode.Parse(File.ReadAllText(folder.At("compare", "compare.json")))!["optimizers"]!.AsArray();
        Assert.Equal(["adamw", "lion", "muon"], rows.Select(row => (string?)row!["name"]));
        Assert.Equal("[3,-4,2]", rows[2]!["settings"]!["optimizer.coefficients"]!.ToJsonString());
    }

    [Fact]
    public void Help_names_every_optimizer()
    {
        string help = string.Concat(Tool.Run("train", "--help").Exits(0).Output.Where(letter => !char.IsWhiteSpace(letter)));
        Assert.Contains("muon,normuon,adamw,sgd,lion,shampoo,soap", help, StringComparison.Ordinal);
        Tool.Run("bench", "--only", "step-nanogpt-cpu", "--optimizer", "lion", "--list").Exits(0);
    }
}
