using MuonSharp.Experiments;
using MuonSharp.Training;

namespace MuonSharp.Reports.Tests;

public class ComparisonTableTests
{
    [Fact]
    public void A_row_says_what_the_optimizer_needs()
    {
        IReadOnlyList<IReadOnlyList<string>> table = ComparisonTable.Of(Sample.Result);
        Assert.Equal(["adamw", "0.004", "1.5000", "100 %, 1,000 steps", "100.0 %, step 1,000", "10.0 ms", "1.00", "10.0 %", "10k", "10s"], table[1]);
        Assert.Equal(
            ["muon:preset=torch;momentum=0.9", "0.01 (edge)", "1.2500", "60 %, 600 steps", "75.0 %, step 750", "12.0 ms", "1.25", "25.0 %", "8333", "7.2s"],
            table[2]);
        Assert.Equal(["sgd", "-", "diverged", "not reached", "-", "8.00 ms", "0.75", "5.0 %", "12.5k", "-"], table[3]);
        Assert.All(table, row => Assert.Equal(table[0].Count, row.Count));
    }

    [Theory]
    [InlineData(30, 7.05, "23.5 %, step 7.05")]
    [InlineData(200, 47, "23.5 %, step 47")]
    [InlineData(200, 47.06, "23.5 %, step 47.1")]
    [InlineData(2000, 470.4, "23.5 %, step 470")]
    [InlineData(20000, 4704, "23.5 %, step 4,704")]
    public void Percentage_and_step_of_a_crossing_are_one_place(int steps, double crossing, string expected)
    {
        var plan = ComparisonPlan.Create(new ComparisonOptions { Optimizers = OptimizerChoice.ParseList("adamw,muon"), Settings = [new("train.steps", $"{steps}")] });
        ComparisonResult result = Sample.Result with { Plan = plan, Rows = [Sample.Result.Rows[0] with { CrossingStep = crossing }] };
        Assert.Equal(expected, ComparisonTable.Of(result)[1][4]);
    }

    [Fact]
    public void A_budget_at_another_rate_than_the_best_names_it()
    {
        ComparisonRow row = Sample.Result.Rows[1];
        ComparisonTrial shorter = row.LeastBudget! with { Task = row.LeastBudget.Task with { LearningRate = 0.02 } };
        ComparisonResult result = Sample.Result with { Rows = [Sample.Result.Rows[0], row with { LeastBudget = shorter }] };
        Assert.Equal("60 %, 600 steps at 0.02", ComparisonTable.Of(result)[2][3]);
    }
}
