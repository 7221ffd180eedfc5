using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Writes what happens in a run to its folder; without a folder it writes nothing.</summary>
/// <remarks>Of several ranks one writes; the others follow, because the state comes from all of them.</remarks>
internal sealed class RunRecorder(TrainingParts parts, RunState state, RunWriter? writer, long savedStep)
{
    private readonly bool _hasFolder = parts.Ranks?.HasFolder ?? writer is not null;

    private readonly string _speedKey = parts.Task.Unit + "_per_second";

    /// <summary>Step of the newest checkpoint that this run wrote or resumed from, and what was due then.</summary>
    private (long Step, DueWork Due) _saved = (savedStep, state.Due);

    /// <summary>The first step that this process does, from 1.</summary>
    private readonly long _firstStep = state.Step + 1;

    /// <summary>Step of the newest checkpoint that was told of.</summary>
    private long _told = savedStep;

    /// <summary>The run folder's name; empty without one.</summary>
    public string RunName { get; } = writer is null ? "" : Path.GetFileName(Path.TrimEndingDirectorySeparator(writer.Folder.Path));

    /// <summary>Folder of the checkpoint of the best evaluation; null where there is none.</summary>
    public string? BestCheckpoint => writer is not null && state.Course.Best is { } best
        && new CheckpointFolder(writer.Folder.CheckpointsPath).Locate(best.Step) is var folder && Directory.Exists(folder) ? folder : null;

    private long BestStep => state.Course.Best?.Step ?? -1;

    /// <summary>Writes the line of what happened to the metrics, and a sample to the samples too.</summary>
    public void Write(TrainingEvent happened)
    {
        if (happened.Line is { } line)
        {
            writer?.Metrics.Write(line);
            if (parts.Settings.TensorBoard)
            {
                writer?.WriteTensorBoard(line, _firstStep, parts.Time);
            }
        }

        if (happened is EvaluationEvent)
        {
            writer?.Replace(parts.Task.EvaluationFiles);
        }

        if (happened is SampleEvent sample)
        {
            writer?.Samples.Write(sample.Step, sample.Prompt + sample.Text);
        }
    }

    /// <summary>Writes how the run ended.</summary>
    /// <param name="reason">As <see cref="EndLine"/> has it.</param>
    public void WriteEnd(string reason) => writer?.Metrics.Write(new EndLine(state.Step, reason));

    /// <summary>Puts a checkpoint on the disk before something long begins; whoever resumes from it does what is still due.</summary>
    public void Hold()
    {
        if (_hasFolder && _saved.Step != state.Step)
        {
            Write(contents => writer!.Hold(state.Step, contents, parts.Settings.CheckpointKeep, state.GoodCheckpoint, BestStep));
            _saved = (state.Step, state.Due);
        }
    }

    /// <summary>Saves a checkpoint, unless there is no folder or this step has one that says the same.</summary>
    /// <param name="scheduled">Whether every run of this configuration writes it, or only this interruption.</param>
    public CheckpointEvent? Save(bool scheduled)
    {
        bool isThere = _saved.Step == state.Step, saysTheSame = isThere && _saved.Due == state.Due;
        if (!_hasFolder || (saysTheSame && _told == state.Step))
        {
            return null;
        }

        if (state.IsSound)
        {
            state.GoodCheckpoint = state.Step;
        }

        string? folder = null;
        Write(contents => folder = writer!.Save(state.Step, contents, parts.Settings.CheckpointKeep, scheduled, state.GoodCheckpoint, BestStep, isThere));
        (_saved, _told) = ((state.Step, state.Due), state.Step);
        return folder is null ? null : new CheckpointEvent(state.Step, folder);
    }

    private void Write(Action<CheckpointContents> write)
    {
        if (parts.Ranks is not { } ranks)
        {
            write(Contents(OptimizerState.Tensors(parts.StateTensors)));
            return;
        }

        using var gather = StateGather.Of(parts.StateTensors, ranks.Collectives);
        ranks.Do("a checkpoint", () =>
        {
            if (ranks.Writes)
            {
                write(Contents(gather.Tensors));
            }
        });
    }

    private CheckpointContents Contents(IReadOnlyList<NamedTensor> optimizer) => new()
    {
        Model = WeightFile.Tensors(parts.Task.Parameters),
        Optimizer = optimizer,
        State = state.ToJson(parts),
        RunFiles = parts.Task.Files,
    };
}
