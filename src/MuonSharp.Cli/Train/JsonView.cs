using System.Text.Json.Nodes;
using MuonSharp.Cli.Doctor;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>A run as JSON Lines; the keys are those of <c>metrics.jsonl</c>, <c>kind</c> first.</summary>
internal sealed class JsonView : ITrainingView
{
    private readonly TimeProvider _clock = TimeProvider.System;
    private string? _folder;
    private long _began;
    private StepEvent? _step;
    private Evaluation? _validation;

    /// <inheritdoc/>
    public void Begin(Trainer trainer)
    {
        _began = _clock.GetTimestamp();
        _folder = trainer.RunFolder;
        TrainerDescription description = trainer.Description;
        var machine = Machine.Look();
        foreach (string advice in description.Advice)
        {
            ErrorReport.Note(advice);
        }

        var weights = new JsonObject();
        foreach (OptimizerShare share in description.Shares)
        {
            weights[share.Optimizer] = (long?)weights[share.Optimizer] + share.Weights ?? share.Weights;
        }

        LanguageTask? language = trainer.Task as LanguageTask;
        JsonLines.Write(new JsonObject
        {
            ["kind"] = "start",
            ["version"] = Product.Version,
            ["run"] = _folder,
            ["step"] = trainer.Step,
            ["vector_bits"] = machine.VectorBits,
            ["threads"] = description.Threads,
            ["data"] = language?.Source,
            ["vocabulary"] = language?.Tokenizer?.VocabularySize,
            ["training_tokens"] = language?.Training.Length,
            ["validation_tokens"] = language?.HeldOut?.Length,
            ["parameters"] = description.Parameters,
            ["parameters_by_optimizer"] = weights,
            ["config"] = trainer.Config?.ToJson(),
        });
    }

    /// <inheritdoc/>
    public void Show(TrainingEvent happened)
    {
        (_step, _validation) = (happened as StepEvent ?? _step, (happened as EvaluationEvent)?.Result ?? _validation);
        if (happened.Line is { } line)
        {
            JsonLines.Write(line);
        }
        else if (Other(happened) is { } other)
        {
            JsonLines.Write(other);
        }
    }

    /// <inheritdoc/>
    public void Diverged(DivergedException error) =>
        JsonLines.Write(End(error.Step, "diverged", _step?.SmoothedLoss ?? double.NaN, _validation, _clock.GetElapsedTime(_began)));

    /// <inheritdoc/>
    public void Profile(TrainingProfile profile, double peak) => JsonLines.Write(ProfileJson.Of(profile, peak));

    /// <inheritdoc/>
    public void Stopping() => JsonLines.Write(new JsonObject { ["kind"] = "stopping" });

    /// <inheritdoc/>
    public void Ending()
    {
        // What was written stays; a program that sends a second signal knows why.
    }

    private JsonObject? Other(TrainingEvent happened) => happened switch
    {
        NoticeEvent notice => new JsonObject { ["kind"] = "notice", ["step"] = notice.Step, ["message"] = notice.Message },
        EndEvent end => WithBest(End(end.Step, OutcomeName(end.Outcome), end.SmoothedLoss, end.Validation, end.Elapsed), end),
        _ => null,
    };

    private static JsonObject WithBest(JsonObject line, EndEvent end)
    {
        line["best_step"] = end.Best?.Step;
        line["best_value"] = end.Best?.Number.Value;
        line["best_checkpoint"] = end.BestCheckpoint;
        return line;
    }

    private JsonObject End(long step, string outcome, double loss, Evaluation? validation, TimeSpan elapsed) => new()
    {
        ["kind"] = "end",
        ["step"] = step,
        ["outcome"] = outcome,
        ["loss"] = Finite(loss),
        ["val_loss"] = Finite(validation?["val_loss"] ?? double.NaN),
        ["bits_per_byte"] = Finite(validation?["bits_per_byte"] ?? double.NaN),
        ["seconds"] = elapsed.TotalSeconds,
        ["run"] = _folder,
    };

    private static string OutcomeName(TrainingOutcome outcome) => outcome switch
    {
        TrainingOutcome.Cancelled => "cancelled",
        TrainingOutcome.AlreadyFinished => "already-finished",
        TrainingOutcome.StoppedEarly => "stopped-early",
        _ => "finished",
    };

    /// <summary>JSON has no NaN and no infinity: they become null.</summary>
    private static JsonValue? Finite(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}

/// <summary>A profile as one object.</summary>
internal static class ProfileJson
{
    /// <summary>The object; rows in the order of a step, figures of a step.</summary>
    public static JsonObject Of(TrainingProfile profile, double peak) => new()
    {
        ["kind"] = "profile",
        ["steps"] = profile.Steps,
        ["step_ms"] = profile.StepMilliseconds,
        ["peak_gflops"] = peak,
        ["rows"] = new JsonArray([.. profile.Rows().Select(row => Row(row, peak))]),
    };

    private static JsonObject Row(ProfileRow row, double peak) => new()
    {
        ["phase"] = row.Phase,
        ["name"] = row.Name,
        ["shape"] = row.Shape,
        ["calls"] = row.Calls,
        ["ms"] = row.Milliseconds,
        ["share"] = row.Share,
        ["flops"] = row.Flops,
        ["bytes"] = row.Bytes,
        ["gflops"] = row.Gflops,
        ["share_of_peak"] = Math.Min(1, row.Gflops / peak),
        ["gigabytes_per_second"] = row.GigabytesPerSecond,
    };
}
