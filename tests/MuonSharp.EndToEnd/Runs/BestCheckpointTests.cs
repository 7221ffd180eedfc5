using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

/// <summary>A model that learns a short text by heart: what is said of it, and how its best weights are had.</summary>
public sealed class BestCheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact(Explicit = true)]
    public void A_run_that_overfits_says_so_three_times_and_its_best_weights_can_be_taken()
    {
        ProcessResult training = Train(folder.At("runs/first")).Exits(0);
        JsonObject[] evaluations = Evaluations("first");
        JsonObject best = evaluations.MinBy(line => (double)line["val_loss"]!)!;
        long step = (long)best["step"]!;
        Assert.InRange(step, 20, 160);
        Assert.Matches("note: \\[data\\] the [0-9]+ tokens to train on are gone through [0-9,]+ times; beyond some 30 times", training.Output);
        Assert.Contains("the held-out loss has become worse 3 times in a row", training.Output, StringComparison.Ordinal);
        Assert.Contains($"the model was best after step {step}: held-out loss", training.Output, StringComparison.Ordinal);
        Assert.Matches($"best held-out +[0-9.]+ at step {step}, in .*step-0*{step}", training.Output);
        Assert.Contains("--checkpoint best --tokens 500", training.Output, StringComparison.Ordinal);
        Assert.Matches($"evaluation after step 200: .* best [0-9.]+ at step {step} ", training.Output);

        // No --run: the newest run of this folder, which is named; the newest checkpoint, with the hint.
        ProcessResult newest = Here("evaluate", "--json").Exits(0);
        Assert.Equal(200, (int?)newest.Json[0]["step"]);
        Assert.Contains("runs/first: the newest run", newest.Error, StringComparison.Ordinal);
        Assert.Contains($"the best was held-out loss {(double)best["val_loss"]!:0.####} after step {step}, against", newest.Error, StringComparison.Ordinal);
        Assert.Contains("--checkpoint best takes it", newest.Error, StringComparison.Ordinal);

        ProcessResult chosen = Here("evaluate", "--run", "runs/first", "--checkpoint", "best", "--json").Exits(0);
        Assert.Equal((step, (double)best["val_loss"]!), ((long)chosen.Json[0]["step"]!, (double)chosen.Json[0]["loss"]!));
        Assert.Empty(chosen.Error);
        Assert.Equal(chosen.Output, Here("evaluate", "--run", "runs/first", "--checkpoint", $"{step}", "--json").Exits(0).Output);
        Assert.Equal(step, (long?)Here("generate", "--checkpoint", "best", "--tokens", "5", "--json").Exits(0).Json[0]["step"]);
        Assert.Contains($"/checkpoints/best, step {step} (sha256", Train(folder.At("runs/second"), "--from", folder.At("runs/first/checkpoints/best"), "--steps", "1").Exits(0).Output, StringComparison.Ordinal);

        Here("generate", "--run", "runs/first", "--checkpoint", "7").Fails(2, $"the checkpoint of step 7 must be there; it is not (there are those of steps {step}, 200)");
        Here("generate", "--run", "runs/first", "--checkpoint", "newest").Fails(1, "--checkpoint must be latest, best or a step's number; 'newest' came");
    }

    [Fact(Explicit = true)]
    public void Patience_ends_the_run_and_more_of_it_goes_on()
    {
        ProcessResult training = Train(folder.At("runs/first"), "--set", "train.stopAfter=2", "--json").Exits(0);
        JsonObject end = training.Json[^1];
        Assert.Equal("stopped-early", (string?)end["outcome"]);
        Assert.Equal((long)end["best_step"]! + 40, (long)end["step"]!);
        Assert.Contains("ended early after step", Here("train", "--run", "runs/first", "--resume").Exits(0).Output, StringComparison.Ordinal);
        Assert.Contains("done: 200 steps", Here("train", "--run", "runs/first", "--resume", "--set", "train.stopAfter=0").Exits(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_there_is_no_run_the_way_on_is_said() =>
        Here("generate").Fails(1, "[generate] a run to sample from is needed; there is none with a checkpoint below runs/ here: name one with --run DIR, or make one with muonsharp train");

    private ProcessResult Train(string run, params string[] more)
    {
        string corpus = File.ReadAllText(Path.Combine(Repository.Root, "src", "MuonSharp.Training", "Data", "austen.txt"));
        File.WriteAllText(folder.At("short.txt"), corpus.AsSpan(20_000, 700));
        return Tool.Run(
        [
            "train", "--data", folder.At("short.txt"), "--run", run, "--steps", "200", "--threads", "2", "--set", "model.layers=1", "--set", "model.heads=2", "--set", "model.width=32",
            "--set", "model.context=32", "--set", "train.batch=8", "--set", "data.validationShare=0.2", "--set", "evaluate.every=20", "--set", "sample.every=-1", "--set", "checkpoint.keep=1", .. more,
        ]);
    }

    private ProcessResult Here(params string[] arguments) => Tool.Run(arguments, folder.FullPath);

    private JsonObject[] Evaluations(string run) =>
        [.. File.ReadLines(folder.At($"runs/{run}/metrics.jsonl")).Select(line => JsonNode.Parse(line)!.AsObject()).Where(line => (string?)line["kind"] == "eval")];
}
