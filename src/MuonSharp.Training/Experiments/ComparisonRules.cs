namespace MuonSharp.Training;

/// <summary>The rules of a comparison's own options.</summary>
internal static class ComparisonRules
{
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
            foreach ((string key, _) in choice.Settings.Where(setting => !OptimizerKeys.Uses(choice.Name, setting.Key)))
            {
                yield return $"[compare] an optimizer's own settings are keys that it uses; {choice.Name} does not use {key}, and '{choice.Label}' came";
            }
        }

        foreach ((string label, IReadOnlyList<double> rates) in options.LearningRates)
        {
            if (!labels.Contains(label, StringComparer.Ordinal))
            {
                string hint = NearestName.Of(label, labels) is { } nearest ? $"; did you mean '{nearest}'?" : "";
                yield return $"[compare] learning rates are given for an optimizer that is compared; '{label}' came{hint}";
            }

            if (rates.Count == 0 || rates.Any(rate => !(rate > 0 && double.IsFinite(rate))))
            {
                yield return $"[compare] learning rates must be numbers above 0; {(rates.Count == 0 ? "none" : string.Join(", ", rates.Select(ConfigComposition.Text)))} came for '{label}'";
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
