using MuonSharp.Training;
using Setting = System.Collections.Generic.KeyValuePair<string, string>;

namespace MuonSharp.Experiments.Tests.Sweeps;

public class SweepPlanTests
{
    [Theory]
    [InlineData("optimizer.learningRat=1", "did you mean 'optimizer.learningRate'?")]
    [InlineData("model.width=64,wide", "'wide' came")]
    [InlineData("model.heads=3", "width must be a multiple of heads")]
    [InlineData("model.width=64,128,064", "[sweep] every value is tried once; model.width=64 came more often")]
    [InlineData("train.seed=1,2", "[sweep] the seeds of a sweep are given as their number")]
    [InlineData("train.threads=1,2", "[sweep] a key that is tried changes what is learned; train.threads came")]
    [InlineData("evaluate.every=5,10", "evaluate.every came")]
    [InlineData("preset=austen,nanogpt-cpu", "preset came")]
    public void What_cannot_be_tried_is_said_before_anything_runs(string axis, string problem) =>
        Assert.Contains(problem, Assert.Throws<ConfigurationException>(() => Plan([axis])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("model.width")]
    [InlineData("model.width=")]
    [InlineData("=64")]
    public void A_text_of_another_form_is_refused(string text) =>
        Assert.StartsWith("[sweep] what is tried is key=value,value;", Assert.Throws<ConfigurationException>(() => SweepAxis.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void All_problems_are_listed_at_once()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Plan(["model.width=wide,64", "train.batch=0,2"], new Setting("evaluate.every", "-1")));
        Assert.Contains(error.Problems, problem => problem.Contains("model.width", StringComparison.Ordinal));
        Assert.Contains(error.Problems, problem => problem.Contains("train.batch", StringComparison.Ordinal));
        Assert.Contains(error.Problems, problem => problem.Contains("evaluate.every must not be -1", StringComparison.Ordinal));
    }

    [Fact]
    public void A_grid_that_nobody_means_is_refused_before_it_is_composed()
    {
        string many = string.Join(',', Enumerable.Range(1, 500));
        Assert.Equal(
            "[sweep] a grid has 10,000 runs at most; 500 x 500 points of 1 seeds are 250,000",
            Assert.Single(Assert.Throws<ConfigurationException>(() => Plan([$"model.layers={many}", $"train.batch={many}"])).Problems));
    }

    [Fact]
    public void The_last_keys_values_follow_each_other_and_a_comma_in_brackets_is_none_between_values()
    {
        SweepPlan plan = Plan(["model.layers=1,2", "optimizer.coefficients=[3, -4, 2],null"], new Setting("optimizer.orthogonalizer", "newton-schulz/jordan5"));
        Assert.Equal([["1", "[3,-4,2]"], ["1", "null"], ["2", "[3,-4,2]"], ["2", "null"]], plan.Points.Select(point => point.Values));
        Assert.Equal(["layers", "coefficients"], plan.Names);
    }

    [Fact]
    public void Names_are_as_short_as_no_other_key_has_them_and_folders_differ_where_values_do()
    {
        SweepPlan plan = Plan(["optimizer.learningRate=1e-2", "optimizer.auxiliary.learningRate=0.003"]);
        Assert.Equal(["optimizer.learningRate", "auxiliary.learningRate"], plan.Names);
        Assert.Equal("optimizer.learningRate0.01-auxiliary.learningRate0.003-seed1337", plan.Runs[0].Folder);
        string[] folders = [.. Plan(["optimizer.orthogonalizer=zolotarev/2,newton-schulz/jordan5"]).Runs.Select(run => run.Folder)];
        Assert.All(folders, folder => Assert.Matches("^orthogonalizer[a-z0-9_-]+-[0-9a-f]{8}-seed1337$", folder));
        Assert.Equal(2, folders.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void A_folders_name_follows_keys_settings_and_text_and_not_values_seeds_or_threads()
    {
        string identity = Plan(["model.layers=1,2"]).Identity;
        Assert.Equal(identity, Plan(["model.layers=4"], new Setting("train.threads", "1")).Identity);
        Assert.NotEqual(identity, Plan(["model.width=64"]).Identity);
        Assert.NotEqual(identity, Plan(["model.layers=1,2"], new Setting("train.steps", "7")).Identity);
    }

    /// <summary>By FLOPs of a step, threads of the machine, and runs.</summary>
    [Theory]
    [InlineData(1e9, 8, 100, 1)]
    [InlineData(1e9, 8, 2, 4)]
    [InlineData(1e9, 8, 1, 8)]
    [InlineData(1e13, 8, 100, 8)]
    [InlineData(1e300, 2, 100, 2)]
    [InlineData((2.5 * ThreadRule.FlopsOfThread), 8, 100, 3)]
    public void A_small_step_has_one_thread_and_a_large_one_all(double flops, int threads, int runs, int expected) =>
        Assert.Equal(expected, ThreadRule.Of(flops, threads, runs));

    /// <summary>By threads, runs that are asked for at once (0: none), and runs that take as long as each other.</summary>
    [Theory]
    [InlineData(2, 0, "1 1")]
    [InlineData(2, 0, "1 1 2")]
    [InlineData(2, 0, "2")]
    [InlineData(8, 0, "1 1 1 1 1 1 1 1 2 2 2 2")]
    [InlineData(8, 4, "2 2 2 2 4 4")]
    [InlineData(8, 4, "8")]
    [InlineData(2, 4, "1 1 1 1 1 1")]
    [InlineData(2, 1, "2 2 2")]
    public void Of_runs_alike_the_last_ones_share_the_threads_that_nobody_else_takes(int threads, int parallel, string expected)
    {
        string[] each = expected.Split(' ');
        TrainingConfig config = Plan(["model.layers=1"]).Points[0].Config;
        Assert.Equal(each.Select(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)), new ThreadRule(parallel == 0 ? null : parallel, config, threads).OfAlike(config, each.Length));
    }

    [Fact]
    public void Runs_of_one_sweep_have_threads_by_their_own_shape()
    {
        SweepPlan plan = Plan(["model.width=64,1024"], new Setting("train.batch", "8"), new Setting("train.threads", "2"));
        Assert.Equal([1, 2], plan.Runs.Select(run => run.Threads));
        Assert.True(plan.Runs[1].Work > 50 * plan.Runs[0].Work);
    }

    private static SweepPlan Plan(string[] axes, params Setting[] settings) => SweepPlan.Create(new SweepOptions
    {
        Axes = [.. axes.Select(SweepAxis.Parse)],
        Preset = "nanogpt-cpu",
        Settings = settings,
    });
}
