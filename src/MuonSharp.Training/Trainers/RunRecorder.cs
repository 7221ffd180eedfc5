using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Writes what happens in a run to its folder; without a folder it writes nothing.</summary>
internal sealed class RunRecorder(TrainingParts parts, RunState state, RunWriter? writer)
{
    /// <summary>Step of the newest checkpoint that this run wrote or resumed from.</summary>
    private long _savedStep = writer?.Checkpoint?.Step ?? -1;

    /// <summary>Whether there is a run folder.</summary>
    public bool Records => writer is not null;

    /// <summary>Writes the line of what happened to the metrics, and a sample to the samples too.</summary>
    public void Write(TrainingEvent happened)
    {
        if (happened.Line is { } line)
        {
            writer?.Metrics.Write(line);
        }

        if (happened is SampleEvent sample)
        {
            writer?.Samples.Write(sample.Step, sample.Prompt + sample.Text);
        }
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
            RunFiles = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { [TokenizerFile.Name] = TokenizerFile.ToBytes(parts.Data.Tokenizer) },
        };
        string folder = writer.Save(state.Step, contents, parts.Config.Checkpoint.Keep, scheduled);
        _savedStep = state.Step;
        return new CheckpointEvent(state.Step, folder);
    }
}

/// <summary>Weights between memory and a checkpoint's file; nothing is copied on the way out. The optimizer's state has <see cref="OptimizerState"/>.</summary>
internal static unsafe class TensorFiles
{
    /// <summary>The weights as tensors to be written.</summary>
    public static NamedTensor[] Weights(ParameterStore store) =>
        [.. store.Parameters.Select(parameter => new NamedTensor(
            parameter.Name, LongShape(parameter), parameter.Weights.Address, parameter.Weights.Length))];

    /// <summary>Reads all weights.</summary>
    /// <exception cref="InvalidFileException">Names or shapes are not those of the model; nothing was changed.</exception>
    public static void ReadWeights(SafetensorsFile file, ParameterStore store)
    {
        if (file.Tensors.Count != store.Parameters.Count)
        {
            throw Wrong(file, $"the tensors must be those of the configuration, {store.Parameters.Count} of them; {file.Tensors.Count} came");
        }

        foreach (Parameter parameter in store.Parameters)
        {
            if (!file.TryGet(parameter.Name, out TensorEntry? entry) || !entry.Shape.SequenceEqual(LongShape(parameter)))
            {
                string came = entry is null ? "none" : $"[{string.Join(", ", entry.Shape)}]";
                throw Wrong(file, $"tensor '{parameter.Name}' must be [{string.Join(", ", parameter.Shape)}]; {came} came");
            }
        }

        foreach (Parameter parameter in store.Parameters)
        {
            file.ReadFloats(parameter.Name, parameter.Weights.Span);
        }
    }

    private static long[] LongShape(Parameter parameter) => [.. parameter.Shape.Select(size => (long)size)];

    private static InvalidFileException Wrong(SafetensorsFile file, string problem) => new("checkpoint", file.Path, problem);
}
