namespace MuonSharp.Training;

/// <summary>How many runs a comparison takes at most: every sweep extended as far as may be, every shorter run tried. It only shrinks while runs are done.</summary>
/// <param name="plan">What is compared.</param>
internal sealed class ComparisonBound(ComparisonPlan plan)
{
    /// <summary>Learning rates at which a shorter run is tried: the best one and the next greater one.</summary>
    private const int RatesOfBudget = 2;

    /// <summary>Runs after the next one of an optimizer's sweep.</summary>
    public int After(int index, LearningRateSweep sweep) => sweep.MostPending - 1 + Budgets(index) + Later(index);

    /// <summary>Runs of the optimizers after this one.</summary>
    public int Later(int index)
    {
        int runs = 0;
        for (int i = index + 1; i < plan.Entries.Count; i++)
        {
            ComparisonEntry entry = plan.Entries[i];
            runs += new LearningRateSweep(entry.LearningRates, entry.Swept).MostPending + Budgets(i);
        }

        return runs;
    }

    private int Budgets(int index) =>
        index == 0 ? 0 : plan.Budgets.Count * (plan.Entries[index] is { Swept: false, LearningRates.Count: 1 } ? 1 : RatesOfBudget);
}
