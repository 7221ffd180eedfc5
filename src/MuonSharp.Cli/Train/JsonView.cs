using System.Text.Json.Nodes;
using MuonSharp.Cli.Doctor;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>A run as JSON Lines; the keys are those of <c>metrics.jsonl</c>, <c>kind</c> first.</summary>
internal sealed class JsonView : ITrainingView
{
    private readonly TimeProvider _clock = TimeProvider.System;
    private string? _folder;
    private long _began;
    private StepEvent? _step;
    private EvaluationResult? _validation;

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

        JsonLines.Write(new JsonObject
        {
            ["kind"] = "start",
            ["version"] = Product.Version,
            ["run"] = _folder,
            ["step"] = trainer.Step,
            ["vector_bits"] = machine.VectorBits,
            ["threads"] = description.Threads,
            ["data"] = description.Data,
            ["vocabulary"] = description.Vocabulary,
            ["training_tokens"] = description.TrainingTokens,
            ["validation_tokens"] = description.ValidationTokens,
            ["parameters"] = description.Parameters,
            ["parameters_by_optimizer"] = weights,
            ["config"] = trainer.Config.ToJson(),
        });
    }

    /// <inheritdoc/>
    public void Show(TrainingEvent happened)
    {
        (_step, _validation) = (happened as StepEvent ?? _step, (happened as EvaluationEvent)?.Result ?? _validation);
        if (Line(happened) is { } line)
        {
            JsonLines.Write(line);
        }
    }

    /// <inheritdoc/>
    public void Diverged(DivergedException error) =>
        JsonLines.Write(End(error.Step, "diverged", _step?.SmoothedLoss ?? double.NaN, _validation, _clock.GetElapsedTime(_began)));

    /// <inheritdoc/>
    public void Profile(TrainingProfile profile, double peak) => JsonLines.Write(ProfileJson.Of(profile, peak));

    /// <inheritdoc/>
    public void Stopping() => JsonLines.Write(new JsonObject { ["kind"] = "stopping" });

    private JsonObject? Line(TrainingEvent happened) => happened switch
    {
        StepEvent step => StepLine(step),
        EvaluationEvent evaluation => new JsonObject
        {
            ["kind"] = "eval",
            ["step"] = evaluation.Step,
            ["val_loss"] = Finite(evaluation.Result.Loss),
            ["bits_per_byte"] = Finite(evaluation.Result.BitsPerByte),
        },
        SampleEvent sample => new JsonObject { ["kind"] = "sample", ["step"] = sample.Step, ["prompt"] = sample.Prompt, ["text"] = sample.Text },
        CheckpointEvent checkpoint => new JsonObject { ["kind"] = "checkpoint", ["step"] = checkpoint.Step, ["path"] = checkpoint.Folder },
        SkippedEvent skipped => new JsonObject
        {
            ["kind"] = "skipped",
            ["step"] = skipped.Step,
            ["parameter"] = skipped.Parameter,
            ["in_a_row"] = skipped.InARow,
        },
        NoticeEvent notice => new JsonObject { ["kind"] = "notice", ["step"] = notice.Step, ["message"] = notice.Message },
        EndEvent end => End(end.Step, OutcomeName(end.Outcome), end.SmoothedLoss, end.Validation, end.Elapsed),
        _ => null,
    };

    private JsonObject End(long step, string outcome, double loss, EvaluationResult? validation, TimeSpan elapsed) => new()
    {
        ["kind"] = "end",
        ["step"] = step,
        ["outcome"] = outcome,
        ["loss"] = Finite(loss),
        ["val_loss"] = validation is null ? null : Finite(validation.Loss),
        ["bits_per_byte"] = validation is null ? null : Finite(validation.BitsPerByte),
        ["seconds"] = elapsed.TotalSeconds,
        ["run"] = _folder,
    };

    private static JsonObject StepLine(StepEvent step)
    {
        var rates = new JsonObject();
        foreach (GroupLearningRate rate in step.LearningRates)
        {
            rates[rate.Group] = rate.Value;
        }

        return new JsonObject
        {
            ["kind"] = "step",
            ["step"] = step.Step,
            ["tokens"] = step.Tokens,
            ["loss"] = Finite(step.Loss),
            ["lr"] = rates,
            ["grad_norm"] = Finite(step.GradientNorm),
            ["update_rms"] = Finite(step.UpdateRms),
            ["step_ms"] = step.StepMilliseconds,
            ["optimizer_ms"] = step.OptimizerMilliseconds,
            ["tokens_per_second"] = Finite(step.TokensPerSecond),
            ["max_logit"] = Finite(step.MaximumLogit),
            ["clipped_heads"] = step.ClippedHeads,
            ["head_max_logits"] = Heads(step, head => float.IsFinite(head.MaximumLogit) ? JsonValue.Create(head.MaximumLogit) : null),
            ["head_factors"] = Heads(step, head => JsonValue.Create((float)head.AccumulatedFactor)),
        };
    }

    /// <summary>A value of every head, an array for each layer.</summary>
    private static JsonArray Heads(StepEvent step, Func<HeadClip, JsonNode?> value) =>
        [.. step.Heads.GroupBy(head => head.Layer).Select(layer => new JsonArray([.. layer.Select(value)]))];

    private static string OutcomeName(TrainingOutcome outcome) => outcome switch
    {
        TrainingOutcome.Cancelled => "cancelled",
        TrainingOutcome.AlreadyFinished => "already-finished",
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
