namespace MuonSharp.Experiments;

/// <summary>What a comparison does after some of its tasks.</summary>
/// <param name="Expected">Tasks that are expected: if no sweep is extended, and every budget is tried at one rate.</param>
/// <param name="Most">How many there are at most.</param>
internal sealed record ComparisonRest(IReadOnlyList<ComparisonTask> Expected, int Most);

/// <summary>What a comparison still has to do: as it is expected, and at most, every sweep extended as far as may be and every shorter run tried. The latter only shrinks.</summary>
/// <param name="plan">What is compared.</param>
internal sealed class ComparisonForecast(ComparisonPlan plan)
{
    /// <summary>Learning rates at which a shorter run is tried: the best one and the next greater one.</summary>
    private const int RatesOfBudget = 2;

    /// <summary>After some rates of an optimizer's sweep.</summary>
    /// <param name="index">Number of the optimizer.</param>
    /// <param name="now">Their tasks.</param>
    /// <param name="sweep">The sweep before them.</param>
    public ComparisonRest AfterRates(int index, ComparisonTask[] now, LearningRateSweep sweep) =>
        new([.. plan.Shorter(index, now[0]), .. Later(index)], sweep.MostPending - now.Length + MostBudgets(index) + MostLater(index));

    /// <summary>After one of an optimizer's shorter runs.</summary>
    /// <param name="index">Number of the optimizer.</param>
    /// <param name="left">Those that may follow.</param>
    public ComparisonRest AfterBudget(int index, IReadOnlyCollection<ComparisonTask> left) => new([.. left, .. Later(index)], left.Count + MostLater(index));

    private IEnumerable<ComparisonTask> Later(int index) =>
        from next in Enumerable.Range(index + 1, plan.Entries.Count - index - 1)
        let rates = plan.Tasks(next, plan.Entries[next].LearningRates)
        from task in rates.Concat(plan.Shorter(next, rates[0]))
        select task;

    private int MostLater(int index) =>
        Enumerable.Range(index + 1, plan.Entries.Count - index - 1).Sum(next => new LearningRateSweep(plan.Entries[next].LearningRates, plan.Entries[next].Swept).MostPending + MostBudgets(next));

    private int MostBudgets(int index) =>
        index == 0 ? 0 : plan.Budgets.Count * (plan.Entries[index] is { Swept: false, LearningRates.Count: 1 } ? 1 : RatesOfBudget);
}
