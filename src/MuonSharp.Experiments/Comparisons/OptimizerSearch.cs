namespace MuonSharp.Experiments;

/// <summary>What one optimizer of a comparison needs: full runs over its learning rates, then shorter ones at the best rate and the next greater one.</summary>
/// <param name="plan">What is compared.</param>
/// <param name="index">Number of the optimizer.</param>
/// <param name="first">The optimizer that it is measured by; null: it is that one itself.</param>
internal sealed class OptimizerSearch(ComparisonPlan plan, int index, OptimizerSearch? first)
{
    private readonly ComparisonForecast _forecast = new(plan);
    private readonly List<ComparisonTrial> _rates = [];

    /// <summary>What is known of it so far.</summary>
    public ComparisonRow Row { get; private set; } = new(plan.Entries[index].Label);

    /// <summary>Does all that is left to do; false when it was cancelled.</summary>
    public async Task<bool> RunAsync(ComparisonRunner runner, CancellationToken cancellation) => await SweepAsync(runner, cancellation) && await FindBudgetAsync(runner, cancellation);

    private async Task<bool> SweepAsync(ComparisonRunner runner, CancellationToken cancellation)
    {
        ComparisonEntry entry = plan.Entries[index];
        LearningRateSweep sweep = new(entry.LearningRates, entry.Swept);
        while (sweep.Known is { Count: > 0 } rates)
        {
            ComparisonTask[] tasks = plan.Tasks(index, rates);
            if (!await runner.DoAsync(entry, tasks, _forecast.AfterRates(index, tasks, sweep), Took, cancellation))
            {
                return false;
            }
        }

        return true;

        void Took(ComparisonTrial trial)
        {
            _rates.Add(trial);
            sweep.Report(trial.Loss.Mean);
            Row = ComparisonAnalysis.OfSweep(entry.Label, _rates, sweep, first?.Row.FinalLoss);
        }
    }

    private async Task<bool> FindBudgetAsync(ComparisonRunner runner, CancellationToken cancellation)
    {
        // Who does not get there in full length is not tried in less.
        if (first is null || Row.LeastBudget is not { } full)
        {
            return true;
        }

        double target = first.Row.FinalLoss;
        Queue<ComparisonTask> tasks = new(plan.Shorter(index, [full.Task, .. Above(full.Task)]));
        while (ReferenceEquals(Row.LeastBudget, full) && tasks.TryDequeue(out ComparisonTask? task))
        {
            if (!await runner.DoAsync(plan.Entries[index], [task], _forecast.AfterBudget(index, tasks), Took, cancellation))
            {
                return false;
            }
        }

        return true;

        void Took(ComparisonTrial trial) => Row = trial.Loss.Mean <= target ? Row with { LeastBudget = trial } : Row;
    }

    /// <summary>The full run at the next greater learning rate, if there is one that did not diverge: short runs bear greater rates than long ones.</summary>
    private IEnumerable<ComparisonTask> Above(ComparisonTask best) => _rates
        .Where(trial => trial.Task.LearningRate > best.LearningRate && trial.Diverged == 0)
        .Select(trial => trial.Task)
        .OrderBy(task => task.LearningRate)
        .Take(1);
}
