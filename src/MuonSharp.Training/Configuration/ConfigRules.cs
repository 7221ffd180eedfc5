namespace MuonSharp.Training;

/// <summary>The rules of a whole configuration: every key's own, the task's, and those between sections.</summary>
internal static class ConfigRules
{
    private const int MostTokens = int.MaxValue / 4;

    public static IReadOnlyList<string> Check(TrainingConfig config)
    {
        List<string> problems =
        [
            .. ConfigKeys.All.Where(key => !key.Accepts(config)).Select(key => $"[config] {key.Name} must be {key.Rule}; {key.Text(config)} came"),
        ];
        if (problems.Count == 0)
        {
            ConfiguredTask.Of(config).Check(config, problems);
            config.Train.Check(problems);
            OptimizerKinds.Check(config.Optimizer, config.Train.Steps, problems);
        }

        return problems;
    }

    /// <summary>Adds a problem when a batch has more tokens than an array may hold values.</summary>
    public static void CheckTokens(string key, int batch, ModelSection model, List<string> problems)
    {
        long tokens = (long)batch * model.Context;
        if (tokens > MostTokens)
        {
            problems.Add($"[config] {key} x model.context must be at most {MostTokens} tokens; {tokens} came");
        }
    }
}
