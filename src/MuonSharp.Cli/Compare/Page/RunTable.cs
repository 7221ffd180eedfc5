using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Compare.Page;

/// <summary>Every run of a comparison as a row.</summary>
internal static class RunTable
{
    /// <summary>Rows of cells, the header first.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(ComparisonResult result) =>
        result.Runs.Select(run => (string[])
        [
            run.Task.Optimizer,
            run.Task.Purpose == ComparisonPurpose.Sweep ? "learning rate" : "budget",
            Amount.Rate(run.Task.LearningRate),
            $"{Amount.Count(run.Task.Steps)} ({run.Task.Percent} %)",
            run.Diverged ? "diverged" : Amount.Loss(run.FinalLoss),
            Remark(run, result),
        ]).Prepend(["optimizer", "looked for", "learning rate", "steps", "final loss", ""]);

    /// <summary>The colour of a row's optimizer.</summary>
    /// <param name="result">The comparison.</param>
    /// <param name="row">Number of the row, the header's being 0.</param>
    public static int Color(ComparisonResult result, int row) =>
        result.Rows.Select(each => each.Label).ToList().IndexOf(result.Runs[row - 1].Task.Optimizer);

    private static string Remark(ComparisonRun run, ComparisonResult result)
    {
        var row = result.Rows.First(row => row.Label == run.Task.Optimizer);
        return run.Task.Purpose == ComparisonPurpose.Sweep
            ? run == row.Best ? "best" : ""
            : run.FinalLoss <= result.TargetLoss ? "reaches the target" : "";
    }
}
