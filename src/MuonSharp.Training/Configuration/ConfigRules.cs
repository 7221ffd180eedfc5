using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>The rules of a whole configuration: every key's own, and those between keys.</summary>
internal static class ConfigRules
{
    public static IReadOnlyList<string> Check(TrainingConfig config)
    {
        List<string> problems = [];
        foreach (ConfigKey key in ConfigKeys.All)
        {
            if (!key.Accepts(config))
            {
                problems.Add($"[config] {key.Name} {key.Rule}; {Text(key.Read(config))} came");
            }
        }

        if (problems.Count == 0)
        {
            CheckModel(config.Model, problems);
            CheckBatch(config, problems);
            CheckClip(config, problems);
        }

        return problems;
    }

    /// <summary>Checks that a preset which was set is not another one than the optimizer's name stands for.</summary>
    public static void CheckPreset(OptimizerSettings optimizer, List<string> problems)
    {
        if (optimizer.Name == OptimizerKinds.NorMuon && optimizer.Preset != OptimizerKinds.NorMuon)
        {
            problems.Add("[config] optimizer.preset must be normuon, or not set, with optimizer.name=normuon, which is muon with that preset; "
                + $"'{optimizer.Preset}' came");
        }
    }

    private static void CheckModel(ModelSettings model, List<string> problems)
    {
        if (model.Width % model.Heads != 0)
        {
            problems.Add($"[config] model.heads must divide model.width; {model.Heads} heads and width {model.Width} came");
        }
        else if (model.Positions == "rotary" && model.Width / model.Heads % 2 != 0)
        {
            problems.Add("[config] model.width / model.heads must be even for rotary positions; "
                + $"{model.Width} / {model.Heads} = {model.Width / model.Heads} came");
        }

        if (model.KeyValueHeads != 0 && model.Heads % model.KeyValueHeads != 0)
        {
            problems.Add("[config] model.keyValueHeads must divide model.heads; "
                + $"{model.KeyValueHeads} key and value heads and {model.Heads} heads came");
        }

        if (problems.Count == 0)
        {
            problems.AddRange(DecoderConfigs.Create(model, Math.Max(1, model.Vocabulary)).Problems().Select(problem => $"[config] model: {problem}"));
        }
    }

    private static void CheckClip(TrainingConfig config, List<string> problems)
    {
        if (config.QkClip.Tau > 0 && !QkClipSettings.Fits(config.Model))
        {
            problems.Add("[config] qkClip.tau must be off with model.queryKeyNorm, whose gains all heads share, so that none can be scaled alone; "
                + $"{config.QkClip.Tau} and {config.Model.Heads} heads came");
        }
    }

    private static void CheckBatch(TrainingConfig config, List<string> problems)
    {
        long tokens = (long)config.Train.Batch * config.Model.Context;
        if (tokens > int.MaxValue / 4)
        {
            problems.Add($"[config] train.batch x model.context must be at most {int.MaxValue / 4} tokens; {tokens} came");
        }

        tokens = (long)config.Evaluate.Batch * config.Model.Context;
        if (tokens > int.MaxValue / 4)
        {
            problems.Add($"[config] evaluate.batch x model.context must be at most {int.MaxValue / 4} tokens; {tokens} came");
        }
    }

    private static string Text(JsonNode? value) => value?.ToJsonString() ?? "null";
}
