using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>How long a run is, and what it does along the way: what every task has.</summary>
public sealed record TrainerSettings
{
    /// <summary>Optimizer steps of the whole run, 0 or more.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>Micro-batches whose gradients are averaged for one step, 1 or more.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>Greatest global norm of the raw gradients, above 0; above it all of them are scaled down together. Null: no clipping.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>QK-clip: the greatest attention logit that is left alone, above 0. Null: no clip. A network without attention has nothing to clip.</summary>
    public double? QkClipTau { get; init; }

    /// <summary>Steps between evaluations; the last step is always followed by one. Null: never.</summary>
    public int? EvaluateEvery { get; init; } = 250;

    /// <summary>
    /// Evaluations without a better one after which the run ends early, 1 or more; its learning rates were those of the whole length till then. Null: never.
    /// A run that was ended so is resumed with more of them, or with null.
    /// </summary>
    public int? StopAfter { get; init; }

    /// <summary>Steps between samples; the last step is always followed by one. Null: never.</summary>
    public int? SampleEvery { get; init; } = 500;

    /// <summary>Steps between checkpoints; the last step is always followed by one, and so is an evaluation that is the best so far. Null: only the last step, and when a run is cancelled.</summary>
    public int? CheckpointEvery { get; init; } = 250;

    /// <summary>Newest checkpoints kept, 1 or more; two allow falling back from a damaged one. The newest good one and the one of the best evaluation are always kept as well.</summary>
    public int CheckpointKeep { get; init; } = 2;

    /// <summary>Steps between step lines and <see cref="StepEvent"/>s. Null: none.</summary>
    public int? LogEvery { get; init; } = 1;

    /// <summary>Whether the run folder has an event file for TensorBoard too, with what the lines of the metrics say. Default: no.</summary>
    public bool TensorBoard { get; init; }

    /// <summary>Steps between spectra: singular values of gradient, momentum, update and weights of <see cref="Spectra"/>, as <see cref="SpectrumEvent"/>s; <see cref="LogSection.ByShape"/> by default. Null: none.</summary>
    public int? SpectraEvery { get; init; } = LogSection.ByShape;

    /// <summary>The matrices whose singular values are measured: names of parameters with commas between, <c>*</c> for any letters. Null: four hidden ones, evenly spread over the network.</summary>
    public string? Spectra { get; init; }

    /// <summary>All rules these settings break, one line each; empty when they are sound.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> problems = [];
        Require(Steps >= 0, "steps must be 0 or more", Steps);
        Require(Accumulation >= 1, "accumulation must be 1 or more", Accumulation);
        Require(ClipNorm is null || (ClipNorm > 0 && double.IsFinite(ClipNorm.Value)), "the clip norm must be above 0, or null", ClipNorm);
        Require(QkClipTau is null || (QkClipTau > 0 && double.IsFinite(QkClipTau.Value)), "tau of QK-clip must be above 0, or null", QkClipTau);
        Require(EvaluateEvery is null or >= 1, "steps between evaluations must be 1 or more, or null", EvaluateEvery);
        Require(StopAfter is null or >= 1, "evaluations without a better one must be 1 or more, or null", StopAfter);
        Require(SampleEvery is null or >= 1, "steps between samples must be 1 or more, or null", SampleEvery);
        Require(CheckpointEvery is null or >= 1, "steps between checkpoints must be 1 or more, or null", CheckpointEvery);
        Require(CheckpointKeep >= 1, "checkpoints to keep must be 1 or more", CheckpointKeep);
        Require(LogEvery is null or >= 1, "steps between step lines must be 1 or more, or null", LogEvery);
        Require(SpectraEvery is null or LogSection.ByShape or >= 1, "steps between spectra must be 1 or more, 0 for as often as is cheap, or null", SpectraEvery);
        return problems;

        void Require(bool holds, string rule, object? came)
        {
            if (!holds)
            {
                problems.Add(FormattableString.Invariant($"[trainer] {rule}; {came} came"));
            }
        }
    }

    /// <summary>The settings that a configuration says.</summary>
    internal static TrainerSettings Of(TrainingConfig config) => new()
    {
        Steps = config.Train.Steps,
        Accumulation = config.Train.MicroBatches,
        ClipNorm = config.Optimizer.ClipNorm,
        QkClipTau = config.QkClip.EffectiveTau(config.Model),
        EvaluateEvery = config.Evaluate.Every,
        StopAfter = config.Train.StopAfter,
        SampleEvery = config.Sample.Every,
        CheckpointEvery = config.Checkpoint.Every,
        CheckpointKeep = config.Checkpoint.Keep,
        LogEvery = config.Log.Every,
        TensorBoard = config.Log.TensorBoard,
        SpectraEvery = config.Log.SpectraEvery,
        Spectra = config.Log.Spectra,
    };

    /// <summary>What may not change when a run is resumed.</summary>
    internal JsonObject FixedToJson() => new() { ["accumulation"] = Accumulation, ["clipNorm"] = ClipNorm, ["qkClipTau"] = QkClipTau };

    /// <summary>What may change.</summary>
    internal JsonObject FreeToJson() => new()
    {
        ["steps"] = Steps,
        ["evaluateEvery"] = EvaluateEvery,
        ["stopAfter"] = StopAfter,
        ["sampleEvery"] = SampleEvery,
        ["checkpointEvery"] = CheckpointEvery,
        ["checkpointKeep"] = CheckpointKeep,
        ["logEvery"] = LogEvery,
        ["tensorBoard"] = TensorBoard,
        ["spectraEvery"] = SpectraEvery,
        ["spectra"] = Spectra,
    };
}
