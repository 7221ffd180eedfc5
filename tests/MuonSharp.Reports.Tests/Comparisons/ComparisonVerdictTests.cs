using MuonSharp.Experiments;

namespace MuonSharp.Reports.Tests;

public class ComparisonVerdictTests
{
    private const string Muon = "muon:preset=torch;momentum=0.9";

    [Fact]
    public void Each_optimizer_has_its_sentence_and_what_was_not_swept_is_said() => Assert.Equal(
        [
            $"{Muon} needs 60 % of adamw's steps for its loss, and 72 % of its time.",
            "sgd diverged at every rate that was tried.",
            $"The rate of the hidden matrices alone was swept; all the rest kept its own: {Muon} 0.001, while adamw's best, 0.004, is that of everything. "
                + $"--optimizers adamw,{Muon};auxiliary.learningRate=0.004 tries another.",
        ],
        ComparisonVerdict.Sentences(Sample.Result));

    [Fact]
    public void One_that_does_not_get_there_says_how_far_it_got()
    {
        ComparisonResult result = Sample.Result with { Rows = [Sample.Result.Rows[0], Sample.Result.Rows[1] with { LeastBudget = null, Best = Sample.Result.Trials[1] }] };
        Assert.Equal($"{Muon} does not reach adamw's loss in as many steps: 1.7500 against 1.5000.", ComparisonVerdict.Sentences(result).First());
    }

    [Fact]
    public void The_best_runs_are_repeated_from_their_own_configurations() => Assert.Equal(
        [("adamw", $"train --config {Path.Combine("c", "adamw-100", "config.json")}"), (Muon, $"train --config '{Path.Combine("c", Muon + "-100", "config.json")}'")],
        ComparisonVerdict.Commands(Sample.Result, "c"));

    [Fact]
    public void Nothing_is_said_where_the_first_has_no_loss() => Assert.Empty(ComparisonVerdict.Sentences(Sample.Result with { Rows = [new ComparisonRow("adamw"), Sample.Result.Rows[1]] }));
}
