using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Writes what happens in a run to its folder; without a folder it writes nothing.</summary>
internal sealed class RunRecorder(TrainingParts parts, RunState state, RunWriter? writer)
{
    /// <summary>Step of the newest checkpoint that this run wrote or resumed from.</summary>
    private long _savedStep = writer?.Checkpoint?.Step ?? -1;

    /// <summary>Whether there is a run folder.</summary>
    public bool Records => writer is not null;

    /// <summary>Writes a step line.</summary>
    public void Write(StepEvent step) => writer?.Metrics.Write(new StepLine
    {
        Step = step.Step,
        Tokens = step.Tokens,
        Loss = step.Loss,
        LearningRates = step.LearningRates,
        GradientNorm = step.GradientNorm,
        UpdateRms = step.UpdateRms,
        StepMilliseconds = step.StepMilliseconds,
        OptimizerMilliseconds = step.OptimizerMilliseconds,
        TokensPerSecond = step.TokensPerSecond,
        MaximumLogit = step.MaximumLogit,
        ClippedHeads = step.ClippedHeads,
        Heads = step.Heads,
    });

    /// <summary>Writes the line of a skipped step.</summary>
    public void Write(SkippedEvent skipped) => writer?.Metrics.Write(new SkippedLine(skipped.Step, skipped.Parameter, skipped.InARow));

    /// <summary>Writes the line of an evaluation.</summary>
    public void Write(EvaluationEvent evaluation) => writer?.Metrics.Write(
        new EvaluationLine(evaluation.Step, evaluation.Result.Loss, evaluation.Result.BitsPerByte));

    /// <summary>Writes a sample to the metrics and to the samples.</summary>
    public void Write(SampleEvent sample)
    {
        writer?.Metrics.Write(new SampleLine(sample.Step, sample.Prompt, sample.Text));
        writer?.Samples.Write(sample.Step, sample.Prompt + sample.Text);
    }

    /// <summary>Writes how the run ended.</summary>
    /// <param name="reason"><c>done</c>, <c>cancelled</c> or <c>diverged</c>.</param>
    public void WriteEnd(string reason) => writer?.Metrics.Write(new EndLine(state.Step, reason));

    /// <summary>Saves a checkpoint, unless there is no folder or this step has one.</summary>
    /// <param name="scheduled">Whether every run of this configuration writes it, or only this interruption.</param>
    public CheckpointEvent? Save(bool scheduled)
    {
        if (writer is null || _savedStep == state.Step)
        {
            return null;
        }

        CheckpointContents contents = new()
        {
            Model = TensorFiles.Weights(parts.Model.Parameters),
            Optimizer = OptimizerState.Tensors(parts.StateTensors),
            State = state.ToJson(parts.Config, parts.Data.Sha256, parts.Optimizer),
        };
        string folder = writer.Save(state.Step, contents, parts.Config.Checkpoint.Keep, scheduled);
        _savedStep = state.Step;
        return new CheckpointEvent(state.Step, folder);
    }
}
