using MuonSharp.Experiments;
using MuonSharp.Training.Tests;

namespace MuonSharp.Reports.Tests;

public class ImageComparisonReportTests
{
    [Fact]
    public void Accuracies_stand_beside_the_loss_and_everything_counts_images()
    {
        using TemporaryFolder folder = new();
        ComparisonResult result = Made(folder, views: "2");
        IReadOnlyList<IReadOnlyList<string>> table = ComparisonTable.Of(result);
        Assert.Equal(["optimizer", "learning rate", "final loss", "accuracy", "with 2 views", "least budget", "curve crosses", "time per step", "ratio", "optimizer's share", "images/s", "time to target"], table[0]);
        Assert.Equal(["muon", "0.24", "0.2500", "93.47 %", "93.62 %", "100 %, 12 steps", "100.0 %, step 12", "10.0 ms", "1.00", "10.0 %", "4000", "0.1s"], table[1]);
        Assert.Equal(["adamw", "0.004", "0.3750", "90.00 %", "91.00 %", "not reached", "-", "8.00 ms", "0.80", "5.0 %", "5000", "-"], table[2]);
        Assert.Equal(["sgd", "-", "diverged", "-", "-", "not reached", "-", "-", "-", "-", "-", "-"], table[3]);
        Assert.All(RunTable.Of(result), row => Assert.Equal(8, row.Count));
        Assert.Equal("nats per image", ComparisonCharts.Of(result).First().Vertical);
        string page = ComparisonPage.Text(result);
        Assert.Contains("12 steps of 40 images, images images) under each optimizer", page, StringComparison.Ordinal);
        Assert.Contains("0.2500 nats per image.", page, StringComparison.Ordinal);
        Assert.Contains("the share of the held-out images that are right", page, StringComparison.Ordinal);
        Assert.DoesNotContain("per token", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" tokens", page, StringComparison.Ordinal);
    }

    [Fact]
    public void With_one_view_there_is_one_column()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(["accuracy"], ComparisonTable.AccuracyTitles(Made(folder, views: "1").Plan));
        Assert.Empty(ComparisonTable.AccuracyTitles(Sample.Result.Plan));
    }

    [Fact]
    public void Sentences_say_the_accuracies_and_who_steps_the_rest()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(
            [
                "adamw does not reach muon's loss in as many steps: 0.3750 against 0.2500; with all of them 91.00 % of the images are right, against 93.62 %.",
                "sgd diverged at every rate that was tried.",
                "The rate of the filters alone was swept; biases and head are stepped by SGD at 0.053 and 0.67 in every run.",
            ],
            ComparisonVerdict.Sentences(Made(folder, views: "2")));
    }

    [Fact]
    public void Recipes_name_the_sgd_of_biases_and_head()
    {
        using TemporaryFolder folder = new();
        IReadOnlyList<string>[] recipes = [.. RecipeText.Of(Made(folder, views: "2").Plan)];
        Assert.Equal(["adamw", "0.002, 0.004, 0.008 and on", "sgd 0.053, head 0.67, momentum 0.85", "0.1 and 2e-6 an image", "off", "off", "linear"], recipes[2]);
    }

    private static ComparisonResult Made(TemporaryFolder folder, string views)
    {
        string images = folder.File("images");
        Directory.CreateDirectory(images);
        TinyImages.Write(images, size: 24);
        var plan = ComparisonPlan.Create(new ComparisonOptions
        {
            Optimizers = OptimizerChoice.ParseList("muon,adamw,sgd"),
            Preset = "fashion-mnist",
            Settings = [new("data.file", images), new("image.classes", "null"), new("image.epochs", "2"), new("train.batch", "40"), new("image.views", views)],
        });
        ComparisonTrial muon = Run("muon", 0.24, 0.25, 0.9347, 0.9362), adamw = Run("adamw", 0.004, 0.375, 0.9, 0.91);
        ComparisonTrial sgd = Run("sgd", 0.0015, double.PositiveInfinity, null, null);
        return new(
            plan,
            [
                new("muon") { Best = muon, LeastBudget = muon, CrossingStep = 12, Timing = new("muon", 10, 1, 1, 4000, [10]) },
                new("adamw") { Best = adamw, Timing = new("adamw", 8, 0.4, 0.8, 5000, [8]) },
                new("sgd"),
            ],
            [muon, adamw, sgd],
            Complete: true);
    }

    private static ComparisonTrial Run(string label, double rate, double loss, double? accuracy, double? views) =>
        new(new(label, ComparisonPurpose.Sweep, rate, 12, 100), [new(label, loss, double.IsFinite(loss) ? [new(6, 2 * loss), new(12, loss)] : [], []) { Accuracy = accuracy, AccuracyOfViews = views }]);
}
