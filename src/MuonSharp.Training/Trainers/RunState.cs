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
    private const string GoodKey = "good_checkpoint";
    private const string CountersKey = "counters";
    private const string RevisionKey = "results_revision";

    /// <summary>Counts the changes of the library that change the bits of a run: 2 since draws have 64 bits and micro-batches are added in a tree.</summary>
    private const int Revision = 2;

    private double _firstLoss = double.NaN;
    private double _firstValidation = double.NaN;
    private double _smoothedSum;
    private double _smoothedWeight;

    /// <summary>Steps done.</summary>
    public long Step { get; set; }

    /// <summary>What is due after the last step and has not been done.</summary>
    public DueWork Due { get; set; }

    /// <summary>The last evaluation.</summary>
    public Evaluation? Validation { get; private set; }

    /// <summary>Steps that had been done at the last evaluation; -1 before the first.</summary>
    public long ValidationStep { get; private set; } = -1;

    /// <summary>Which evaluation was the best, and how it has gone on since.</summary>
    public EvaluationCourse Course { get; private set; } = new();

    /// <summary>Step of the newest checkpoint of a model that was sound as far as is known; -1 for none.</summary>
    public long GoodCheckpoint { get; set; } = -1;

    /// <summary>Loss of the last step; NaN if it was skipped.</summary>
    public double LastLoss { get; private set; }

    /// <summary>Whether all that the last step and an evaluation after it say is that the model is sound: numbers, and none of them hugely worse than at the start of the run.</summary>
    /// <remarks>A model that an update has broken often has finite weights still; its checkpoint must not take the place of the last good one.</remarks>
    public bool IsSound => !IsBroken(LastLoss, _firstLoss, higherIsBetter: false)
        && (ValidationStep != Step || !IsBroken(Validation!.Decisive.Value, _firstValidation, Validation.Decisive.HigherIsBetter));

    /// <summary>Whether what was measured last of the model is a number: the evaluation after the last step or, without one, the loss of that step.</summary>
    public bool IsFinite => double.IsFinite(ValidationStep == Step ? Validation!.Decisive.Value : LastLoss);

    /// <summary>Exponential mean of the losses; NaN before the first.</summary>
    public double SmoothedLoss => _smoothedSum / _smoothedWeight;

    /// <summary>Hash of the text that a checkpoint's run was trained on.</summary>
    public static string? DataSha256(JsonEntry state) => state.Find(DataKey)?.Text();

    /// <summary>Hash of the keys that may not change.</summary>
    public static string? ConfigSha256(JsonEntry state) => state.Find(ConfigKey)?.Text();

    /// <summary>What is to be said of a checkpoint of a version of the library whose runs had other bits; nothing of one of this version.</summary>
    public static IEnumerable<string> OtherRevision(LoadedCheckpoint checkpoint)
    {
        long revision = checkpoint.State.Find(RevisionKey)?.WholeNumber(1) ?? 1;
        return revision == Revision ? [] :
        [
            $"[resume] {checkpoint.Folder}: the checkpoint is of a version whose results have other bits (revision {revision}, this one {Revision}); "
            + "the run goes on, but not to the bits of one that never stopped",
        ];
    }

    /// <summary>Step of the newest good checkpoint when this one was written; -1 for none.</summary>
    public static long Good(JsonEntry state) => state[GoodKey].WholeNumber(-1);

    /// <summary>The last evaluation when a checkpoint was written; null before the first.</summary>
    public static Evaluation? ReadValidation(JsonEntry state) => state.Find("validation") is { } validation ? Evaluation.FromJson(validation) : null;

    /// <summary>Takes the loss of a step into the mean.</summary>
    public void AddLoss(double loss)
    {
        LastLoss = loss;
        _firstLoss = double.IsFinite(_firstLoss) ? _firstLoss : loss;
        _smoothedSum = (Smoothing * _smoothedSum) + ((1 - Smoothing) * loss);
        _smoothedWeight = (Smoothing * _smoothedWeight) + (1 - Smoothing);
    }

    /// <summary>Says that the step was skipped.</summary>
    public void Skip() => LastLoss = double.NaN;

    /// <summary>Takes an evaluation after the last step.</summary>
    public void AddEvaluation(Evaluation result)
    {
        Course.Add(Step, result.Decisive, Validation?.Decisive);
        (Validation, ValidationStep) = (result, Step);
        _firstValidation = double.IsFinite(_firstValidation) ? _firstValidation : result.Decisive.Value;
    }

    /// <summary>Everything as JSON.</summary>
    public JsonObject ToJson(TrainingParts parts) =>
        ToJson((parts.Task.Unit, parts.UnitsPerStep), parts.Identity.Hash(), parts.Task.DataIdentity, parts.Optimizer);

    /// <summary>Everything as JSON.</summary>
    internal JsonObject ToJson((string Name, long PerStep) unit, string configSha256, string dataIdentity, IOptimizer optimizer)
    {
        JsonObject counters = [];
        foreach ((string name, long value) in optimizer.SaveCounters())
        {
            counters[name] = value;
        }

        JsonObject state = new()
        {
            [unit.Name] = Step * unit.PerStep,
            [ConfigKey] = configSha256,
            [DataKey] = dataIdentity,
            [RevisionKey] = Revision,
            ["due"] = new JsonArray([.. DueNames.Of(Due).Select(name => JsonValue.Create(name))]),
            [GoodKey] = GoodCheckpoint,
            ["first_loss"] = Finite(_firstLoss),
            ["last_loss"] = Finite(LastLoss),
            ["smoothed_loss"] = new JsonArray(Finite(_smoothedSum), _smoothedWeight),
            ["first_validation"] = Finite(_firstValidation),
            ["validation_step"] = ValidationStep,
            ["validation"] = Validation?.ToJson(),
            [CountersKey] = counters,
        };
        Course.WriteTo(state);
        return state;
    }

    /// <summary>Takes everything from a checkpoint, the optimizer's counters too.</summary>
    /// <exception cref="InvalidFileException">Something is missing or of another kind.</exception>
    public static RunState Read(LoadedCheckpoint checkpoint, IOptimizer optimizer) => Read(checkpoint.State, checkpoint.Step, optimizer);

    /// <summary>Takes everything from a state, the optimizer's counters too.</summary>
    internal static RunState Read(JsonEntry json, long step, IOptimizer optimizer)
    {
        RunState state = new()
        {
            Step = step,
            Due = DueNames.Read(json["due"]),
            GoodCheckpoint = Good(json),
            LastLoss = Number(json["last_loss"]),
            ValidationStep = json["validation_step"].WholeNumber(-1),
        };
        (state._firstLoss, state._firstValidation) = (Number(json["first_loss"]), Number(json["first_validation"]));
        IReadOnlyList<JsonEntry> smoothed = json["smoothed_loss"].Items(2, 2);
        (state._smoothedSum, state._smoothedWeight) = (Number(smoothed[0]), smoothed[1].Number(0, 1));
        state.Validation = ReadValidation(json);
        if (state.Validation is null && state.ValidationStep != -1)
        {
            throw json["validation"].Wrong("what was measured");
        }

        state.Course = EvaluationCourse.Read(json, state.Validation, state.ValidationStep);
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

    /// <summary>Ten times a first loss of the same sign, or more: no run that learns is that much worse than before it began.</summary>
    private static bool IsBroken(double value, double first, bool higherIsBetter)
    {
        const double HugelyWorse = 9;
        double worse = higherIsBetter ? first - value : value - first;
        return !double.IsFinite(value) || worse > HugelyWorse * Math.Abs(first);
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

/// <summary>What can be due after a step.</summary>
[Flags]
internal enum DueWork
{
    None = 0,
    Evaluation = 1,
    Sample = 2,
    Checkpoint = 4,
}

/// <summary>What is due as a checkpoint writes it down.</summary>
internal static class DueNames
{
    private static readonly (DueWork Work, string Name)[] s_names =
        [(DueWork.Evaluation, "evaluation"), (DueWork.Sample, "sample"), (DueWork.Checkpoint, "checkpoint")];

    public static IEnumerable<string> Of(DueWork due) => s_names.Where(pair => due.HasFlag(pair.Work)).Select(pair => pair.Name);

    public static DueWork Read(JsonEntry names) => names.Items().Select(name => name.Choice([.. s_names.Select(pair => pair.Name)]))
        .Aggregate(DueWork.None, (due, name) => due | s_names.Single(pair => pair.Name == name).Work);
}
