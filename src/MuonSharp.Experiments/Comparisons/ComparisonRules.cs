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
        foreach (string problem in options.CheckCounts("compare"))
        {
            yield return problem;
        }

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
