using System.Text.Json.Nodes;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What a run remembers besides weights and the optimizer's tensors: the <c>state</c> of a checkpoint.</summary>
/// <remarks>The position in the data and of every random number is the step itself, with the seed of the configuration.</remarks>
internal sealed class RunState
{
    private const double Smoothing = 0.9;
    private const string DataKey = "data_sha256";
    private const string ConfigKey = "config_sha256";
    private const string CountersKey = "counters";

    private double _smoothedSum;
    private double _smoothedWeight;

    /// <summary>Steps done.</summary>
    public long Step { get; set; }

    /// <summary>The last evaluation.</summary>
    public EvaluationResult? Validation { get; set; }

    /// <summary>Exponential mean of the losses; NaN before the first.</summary>
    public double SmoothedLoss => _smoothedSum / _smoothedWeight;

    /// <summary>Hash of the text that a checkpoint's run was trained on.</summary>
    public static string? DataSha256(JsonObject state) => state[DataKey] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>Hash of the keys that may not change.</summary>
    public static string? ConfigSha256(JsonObject state) => state[ConfigKey] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>Takes the loss of a step into the mean.</summary>
    public void AddLoss(double loss)
    {
        _smoothedSum = (Smoothing * _smoothedSum) + ((1 - Smoothing) * loss);
        _smoothedWeight = (Smoothing * _smoothedWeight) + (1 - Smoothing);
    }

    /// <summary>Everything as JSON.</summary>
    public JsonObject ToJson(TrainingConfig config, string dataSha256, IOptimizer optimizer)
    {
        JsonObject counters = [];
        foreach ((string name, long value) in optimizer.SaveCounters())
        {
            counters[name] = value;
        }

        return new JsonObject
        {
            ["tokens"] = Step * config.TokensPerStep,
            ["seed"] = config.Train.Seed,
            [ConfigKey] = ResumeRules.Hash(config),
            [DataKey] = dataSha256,
            ["smoothed_loss"] = new JsonArray(Finite(_smoothedSum), _smoothedWeight),
            ["validation"] = Validation is null ? null : new JsonArray(Finite(Validation.Loss), Validation.Tokens, Validation.Bytes),
            [CountersKey] = counters,
        };
    }

    /// <summary>Takes everything from a checkpoint, the optimizer's counters too.</summary>
    /// <exception cref="BadInputException">Something is missing or of another kind.</exception>
    public static RunState Read(LoadedCheckpoint checkpoint, IOptimizer optimizer)
    {
        try
        {
            JsonObject json = checkpoint.State;
            RunState state = new() { Step = checkpoint.Step };
            JsonArray smoothed = json["smoothed_loss"]!.AsArray();
            (state._smoothedSum, state._smoothedWeight) = (Number(smoothed[0]), Number(smoothed[1]));
            if (json["validation"] is JsonArray validation)
            {
                state.Validation = new(Number(validation[0]), validation[1]!.GetValue<long>(), validation[2]!.GetValue<long>());
            }

            optimizer.LoadCounters(Counters(json[CountersKey]!.AsObject()));
            return state;
        }
        catch (Exception error) when (error is NullReferenceException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw new BadInputException(
                $"[resume] {checkpoint.Folder}: the state must be that of a run of this configuration; something is missing or of another kind", error);
        }
    }

    /// <summary>JSON has no word for what a run that diverges may measure: null stands for it.</summary>
    private static JsonValue? Finite(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private static double Number(JsonNode? value) => value?.GetValue<double>() ?? double.NaN;

    /// <summary>A run that diverged has as many skipped steps before it again as one that never skipped.</summary>
    private static Dictionary<string, long> Counters(JsonObject json)
    {
        const string Consecutive = "consecutive_skipped_steps";
        Dictionary<string, long> counters = json.ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<long>(), StringComparer.Ordinal);
        if (counters.GetValueOrDefault(Consecutive) >= Trainer.SkippedStepsToStop)
        {
            counters[Consecutive] = 0;
        }

        return counters;
    }
}
