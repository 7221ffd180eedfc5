using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>The rules of a comparison's own options.</summary>
internal static class ComparisonRules
{
    /// <summary>Checks that a configuration is one of a language model.</summary>
    /// <exception cref="ConfigurationException">It is one of images.</exception>
    public static void RequireLanguage(TrainingConfig config, string command)
    {
        if (config.Image.Network is { } network)
        {
            throw new ConfigurationException($"[{command}] it is about language models, for which image.network is null; {network} came");
        }
    }

    /// <summary>Everything that breaks a rule, one line each.</summary>
    public static IEnumerable<string> Check(ComparisonOptions options)
    {
        string[] labels = [.. options.Optimizers.Select(choice => choice.Label)];
        if (labels.Length < 2)
        {
            yield return $"[compare] at least two optimizers are compared; {(labels.Length == 0 ? "none" : $"'{labels[0]}' alone")} came";
        }

        foreach (string label in labels.GroupBy(label => label, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            yield return $"[compare] an optimizer is named once; '{label}' came more often";
        }

        foreach (OptimizerChoice choice in options.Optimizers)
        {
            foreach ((string key, _) in choice.Settings.Where(setting => !choice.Uses(setting.Key)))
            {
                yield return $"[compare] an optimizer's own settings are keys that it uses; {choice.Name} does not use {key}, and '{choice.Label}' came";
            }
        }

        foreach ((string label, IReadOnlyList<double> rates) in options.LearningRates)
        {
            if (!labels.Contains(label, StringComparer.Ordinal))
            {
                yield return $"[compare] learning rates are given for an optimizer that is compared; '{label}' came{NearestName.Hint(label, labels)}";
            }

            if (rates.Count == 0 || rates.Any(rate => !(rate > 0 && double.IsFinite(rate))))
            {
                yield return $"[compare] learning rates must be numbers above 0; {(rates.Count == 0 ? "none" : string.Join(", ", rates.Select(LearningRateSweep.Text)))} came for '{label}'";
            }
        }

        foreach (int budget in options.Budgets.Where(budget => budget is < 1 or > 99))
        {
            yield return $"[compare] budgets are whole percentages from 1 to 99; {budget} came";
        }

        foreach ((string key, _) in options.Settings.Where(setting => setting.Key == "optimizer.name"))
        {
            yield return $"[compare] the optimizers of a comparison are given in a list; {key} came as a setting";
        }
    }
}

/// <summary>Which learning rates are tried: three around a middle, and further ones while the best is at an edge.</summary>
/// <remarks>Losses that are not finite count as infinitely bad: where all are, the next rate is a smaller one. Of equal losses the smaller rate's wins.</remarks>
internal sealed class LearningRateSweep
{
    /// <summary>Ratio of neighbouring rates.</summary>
    public const double Factor = 2;

    /// <summary>Most rates that are tried.</summary>
    public const int Most = 6;

    private readonly SortedDictionary<double, double> _losses = [];
    private readonly Queue<double> _given;
    private readonly bool _extends;

    /// <param name="rates">The first rates.</param>
    /// <param name="extends">Whether further ones may follow.</param>
    public LearningRateSweep(IReadOnlyList<double> rates, bool extends) => (_given, _extends) = (new(rates), extends);

    /// <summary>Rates that are certain to be tried yet.</summary>
    public int Pending => _given.Count + (_given.Count == 0 && Next is not null ? 1 : 0);

    /// <summary>Rates that are tried yet at most.</summary>
    public int MostPending => _extends ? Math.Max(_given.Count, Most - _losses.Count) : _given.Count;

    /// <summary>The rate to try next; null when there is none.</summary>
    public double? Next => _given.TryPeek(out double rate) ? rate : _extends && _losses.Count < Most ? Beyond : null;

    /// <summary>The rate with the least loss; null while there is no finite one.</summary>
    public double? Best => _losses.Count > 0 && _losses.MinBy(pair => pair.Value) is { Value: < double.PositiveInfinity } best ? best.Key : null;

    /// <summary>Whether a better rate may lie beyond those tried.</summary>
    public bool BestAtEdge => _extends && Beyond is not null;

    private double? Beyond
    {
        get
        {
            double least = _losses.Keys.First();
            double greatest = _losses.Keys.Last();
            return Best is not { } best || best == least ? least / Factor : best == greatest ? greatest * Factor : null;
        }
    }

    /// <summary>A rate as keys and names hold it: the shortest text that reads back as the same number.</summary>
    public static string Text(double rate) => rate.ToString("R", System.Globalization.CultureInfo.InvariantCulture).ToLowerInvariant();

    /// <summary>The three rates around a middle.</summary>
    public static IReadOnlyList<double> Around(double middle) => [middle, middle / Factor, middle * Factor];

    /// <summary>Takes the loss of <see cref="Next"/>.</summary>
    public void Report(double loss)
    {
        double rate = Next!.Value;
        _given.TryDequeue(out _);
        _losses[rate] = double.IsFinite(loss) ? loss : double.PositiveInfinity;
    }
}

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
