using System.Text.Json.Nodes;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class ImageComparisonTests
{
    /// <summary>Two epochs of 240 images at batch 40.</summary>
    private const int Steps = 12;

    [Fact]
    public async Task Every_loss_and_accuracy_is_that_of_a_run_of_its_own_and_a_second_call_trains_nothing()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = Options(folder);
        (ComparisonResult result, _) = await TinyComparison.Run(options, folder.File("compare"));
        Assert.True(result.Complete);
        Assert.Equal((Steps, "images", 40L, true), (result.Plan.Steps, result.Plan.Unit, result.Plan.UnitsPerStep, result.Plan.OfImages));
        Assert.Equal(["muon", "adamw", "sgd"], result.Runs.Where(run => run.Task.Purpose == ComparisonPurpose.Sweep).Select(run => run.Task.Optimizer));
        Assert.Contains(result.Runs, run => run.Task is { Purpose: ComparisonPurpose.Budget, Steps: Steps / 2 });
        foreach (ComparisonRun run in result.Runs)
        {
            using Trainer trainer = Trainer.Create(result.Plan.Entries.Single(entry => entry.Label == run.Task.Optimizer).Config(run.Task.LearningRate, run.Task.Steps));
            Evaluation last = ((EndEvent)(await TestRun.Run(trainer))[^1]).Validation!;
            Assert.Equal((run.Task.Steps, last["val_loss"], last["accuracy"], last["accuracy_views"]), (trainer.Settings.Steps, run.FinalLoss, run.Accuracy, run.AccuracyOfViews));
            Assert.NotNull(run.AccuracyOfViews);
        }

        JsonObject json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder.File("compare"), "compare.json")))!.AsObject();
        Assert.Equal(40, (int)json["images_per_step"]!);
        JsonObject row = json["optimizers"]![1]!.AsObject(), first = json["runs"]![0]!.AsObject();
        Assert.Equal((result.Rows[1].Best!.Runs[0].Accuracy, result.Rows[1].Best!.Runs[0].AccuracyOfViews), ((double?)row["accuracy"], (double?)row["accuracy_views"]));
        Assert.Equal((result.Runs[0].Accuracy, result.Runs[0].AccuracyOfViews), ((double?)first["accuracy"], (double?)first["accuracy_views"]));
        Assert.Equal(40 / result.Rows[1].Timing!.StepMilliseconds * 1000, (double)row["images_per_second"]!, 6);

        (ComparisonResult again, List<ComparisonEvent> events) = await TinyComparison.Run(options, folder.File("compare"));
        Assert.All(events, happened => Assert.True(happened is ComparisonRunFinished { WasThere: true }));
        Assert.Equal(result.Runs.Select(run => (run.FinalLoss, run.Accuracy, run.AccuracyOfViews)), again.Runs.Select(run => (run.FinalLoss, run.Accuracy, run.AccuracyOfViews)));
    }

    [Fact]
    public async Task A_comparison_that_was_stopped_ends_with_the_same_numbers()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = Options(folder, ("evaluate.every", "3")) with { Optimizers = OptimizerChoice.ParseList("sgd,muon"), Budgets = [] };
        options = options with { LearningRates = options.LearningRates.Where(pair => pair.Key != "adamw").ToDictionary(StringComparer.Ordinal) };
        (ComparisonResult whole, _) = await TinyComparison.Run(options, folder.File("whole"));
        int steps = 0;
        (ComparisonResult stopped, _) = await TinyComparison.Run(options, folder.File("parts"), happened => happened is ComparisonRunProgress { Happened: StepEvent } && ++steps > Steps + 4);
        Assert.Equal((false, 1), (stopped.Complete, stopped.Runs.Count));
        (ComparisonResult resumed, _) = await TinyComparison.Run(options, folder.File("parts"));
        Assert.Equal(whole.Runs.Select(run => (run.FinalLoss, run.AccuracyOfViews)), resumed.Runs.Select(run => (run.FinalLoss, run.AccuracyOfViews)));
        Assert.Equal(whole.Runs.SelectMany(run => run.Evaluations), resumed.Runs.SelectMany(run => run.Evaluations));
    }

    [Fact]
    public void Who_steps_the_filters_changes_and_nothing_else_does()
    {
        using TemporaryFolder folder = new();
        ComparisonPlan plan = ComparisonPlan.Create(Options(folder));
        Dictionary<string, ParameterGroup>[] groups = [.. plan.Entries.Select(Groups)];
        Assert.Equal(["MuonOptions", "AdamWOptions", "SgdOptions"], groups.Select(each => each["matrices"].Options.GetType().Name));
        Assert.Equal([0.24, 4e-3, 1.5e-3], groups.Select(each => each["matrices"].Options.LearningRate.Range.Greatest));
        SgdOptions filters = (SgdOptions)groups[2]["matrices"].Options;
        Assert.Equal((0.85, true), (filters.Momentum.At(1, Steps), filters.Nesterov));
        foreach (string name in (string[])["whitening", "biases", "head"])
        {
            Assert.All(groups, each => Assert.Equal(groups[0][name].Options, each[name].Options));
            Assert.All(groups, each => Assert.Equal(groups[0][name].Parameters.Select(parameter => parameter.Name), each[name].Parameters.Select(parameter => parameter.Name)));
        }

        // A clip by the norm of everything would change what SGD does with the rest.
        Assert.All(plan.Entries, entry => Assert.Null(entry.Config(entry.LearningRates[0], Steps).Optimizer.ClipNorm));

        static Dictionary<string, ParameterGroup> Groups(ComparisonEntry entry)
        {
            using Trainer trainer = Trainer.Create(entry.Config(entry.LearningRates[0], Steps));
            return trainer.Description.Plan.Groups.ToDictionary(group => group.Name, StringComparer.Ordinal);
        }
    }

    [Theory]
    [InlineData("sum", 1.5e-3)]
    [InlineData("mean", 0.06)]
    public void The_middle_of_sgds_rates_is_for_the_gradient_that_it_gets(string reduction, double middle)
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = Options(folder, ("image.reduction", reduction)) with { LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) };
        ComparisonPlan plan = ComparisonPlan.Create(options);
        Assert.Equal([middle, middle / 2, 2 * middle], plan.Entries[2].LearningRates, (one, other) => Math.Abs(one - other) < 1e-15);
        Assert.Equal([0.24, 0.12, 0.48], plan.Entries[0].LearningRates);
    }

    [Fact]
    public void Without_an_sgd_of_their_own_all_parameters_have_the_optimizers_rate_as_decoders_have()
    {
        using TemporaryFolder folder = new();
        ComparisonPlan plan = ComparisonPlan.Create(Options(folder, ("image.sgd.biasLearningRate", "null"), ("image.reduction", "mean")));
        TrainingConfig config = plan.Entries[1].Config(2e-3, Steps);
        Assert.Equal((true, 2e-3, 2e-3, 1.0), (plan.Entries[1].Recipe.OneRate, config.Optimizer.EffectiveLearningRate, config.Optimizer.Auxiliary.LearningRate, config.Optimizer.ClipNorm!.Value));
    }

    [Fact]
    public async Task A_folder_of_other_images_is_refused()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = Options(folder) with { Budgets = [] };
        using (Comparison.Open(ComparisonPlan.Create(options), folder.File("compare")))
        {
            using CancellationTokenSource stop = new();
            await stop.CancelAsync();
            using Comparison other = Comparison.Open(ComparisonPlan.Create(options), folder.File("other"));
            await other.RunAsync(_ => { }, stop.Token);
        }

        string labels = Path.Combine(folder.File("images"), "t10k-labels-idx1-ubyte");
        byte[] bytes = File.ReadAllBytes(labels);
        bytes[^1] = (byte)((bytes[^1] + 1) % 3);
        File.WriteAllBytes(labels, bytes);
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Comparison.Open(ComparisonPlan.Create(options), folder.File("other")));
        Assert.Contains("the images' SHA-256 must be the folder's own", Assert.Single(error.Problems), StringComparison.Ordinal);
    }

    /// <summary>The preset, small, on images made here.</summary>
    private static ComparisonOptions Options(TemporaryFolder folder, params (string Key, string Value)[] more)
    {
        string images = folder.File("images");
        if (!Directory.Exists(images))
        {
            Directory.CreateDirectory(images);
            TinyImages.Write(images, size: 24);
        }

        return new()
        {
            Optimizers = OptimizerChoice.ParseList("muon,adamw,sgd"),
            Preset = "fashion-mnist",
            Settings =
            [
                new("data.file", images),
                new("image.classes", "null"),
                new("image.widths", "4,4,6"),
                new("image.epochs", "2"),
                new("train.batch", "40"),
                new("train.threads", "2"),
                new("checkpoint.every", "4"),
                .. more.Select(pair => KeyValuePair.Create(pair.Key, pair.Value)),
            ],
            LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) { ["muon"] = [0.24], ["adamw"] = [4e-3], ["sgd"] = [1.5e-3] },
            Budgets = [50],
            Measurement = new() { Rounds = 1, Steps = 2, WarmUp = 1 },
        };
    }
}
