using System.Text.Json.Nodes;
using MuonSharp.Formats;
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
    public static string? DataSha256(JsonEntry state) => state.Find(DataKey)?.Text();

    /// <summary>Hash of the keys that may not change.</summary>
    public static string? ConfigSha256(JsonEntry state) => state.Find(ConfigKey)?.Text();

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
    /// <exception cref="InvalidFileException">Something is missing or of another kind.</exception>
    public static RunState Read(LoadedCheckpoint checkpoint, IOptimizer optimizer) => Read(checkpoint.State, checkpoint.Step, optimizer);

    /// <summary>Takes everything from a state, the optimizer's counters too.</summary>
    internal static RunState Read(JsonEntry json, long step, IOptimizer optimizer)
    {
        RunState state = new() { Step = step };
        IReadOnlyList<JsonEntry> smoothed = json["smoothed_loss"].Items(2, 2);
        (state._smoothedSum, state._smoothedWeight) = (Number(smoothed[0]), smoothed[1].Number(0, 1));
        if (json.Find("validation")?.Items(3, 3) is { } validation)
        {
            state.Validation = new(Number(validation[0]), validation[1].WholeNumber(0), validation[2].WholeNumber(0));
        }

        try
        {
            optimizer.LoadCounters(Counters(json[CountersKey]));
            return state;
        }
        catch (ArgumentException error)
        {
            throw json.Broken($"{CountersKey} must be those of this optimizer; {error.Message}");
        }
    }

    /// <summary>JSON has no word for what a run that diverges may measure: null stands for it.</summary>
    private static JsonValue? Finite(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private static double Number(JsonEntry value) => value.IsSet ? value.Number() : double.NaN;

    /// <summary>A run that diverged has as many skipped steps before it again as one that never skipped.</summary>
    private static Dictionary<string, long> Counters(JsonEntry json)
    {
        const string Consecutive = "consecutive_skipped_steps";
        Dictionary<string, long> counters = json.Members().ToDictionary(counter => counter.Name, counter => counter.WholeNumber(0), StringComparer.Ordinal);
        if (counters.GetValueOrDefault(Consecutive) >= Trainer.SkippedStepsToStop)
        {
            counters[Consecutive] = 0;
        }

        return counters;
    }
}
