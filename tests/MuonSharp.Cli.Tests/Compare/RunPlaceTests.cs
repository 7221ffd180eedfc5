using MuonSharp.Cli.Compare;
using MuonSharp.Experiments;
using MuonSharp.Training;

namespace MuonSharp.Cli.Tests.Compare;

public class RunPlaceTests
{
    [Fact]
    public void Lines_of_all_optimizers_have_the_same_columns()
    {
        var plan = ComparisonPlan.Create(new ComparisonOptions
        {
            Optimizers = OptimizerChoice.ParseList("adamw,muon:preset=torch;momentum=0.9,sgd"),
            Settings = [new("train.steps", "1000")],
        });
        var place = new RunPlace(plan.Entries, plan.Steps, seeds: 1);
        Assert.Equal(
            [
                "run  1 of at most 17  adamw                           lr 0.004    1,000 steps       ",
                "run 12 of at most 14  muon:preset=torch;momentum=0.9  lr 1.25e-5    400 steps (40 %)",
                "run 13 of at most  9  sgd                             lr 0.1      1,000 steps       ",
            ],
            [
                place.Of(Job(1, 17, new("adamw", ComparisonPurpose.Sweep, 0.004, 1000, 100))),
                place.Of(Job(12, 14, new(plan.Entries[1].Label, ComparisonPurpose.Budget, 1.25e-5, 400, 40))),
                place.Of(Job(13, 9, new("sgd", ComparisonPurpose.Sweep, 0.1, 1000, 100))),
            ]);
        Assert.EndsWith(" steps (40 %)  seed 1339", new RunPlace(plan.Entries, plan.Steps, seeds: 3).Of(Job(1, 51, new("sgd", ComparisonPurpose.Budget, 0.1, 400, 40))), StringComparison.Ordinal);

        ComparisonJob Job(int number, int most, ComparisonTask task) => new(task, number, most, 1339, 1, plan.Base, "folder");
    }
}
