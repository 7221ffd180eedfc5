using MuonSharp.Conformance.Cases;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Conformance.Models;

/// <summary>A Hugging Face directory as a decoder, read as a user reads it.</summary>
internal sealed class StoredModel : IDisposable
{
    public StoredModel(GoldenCase golden)
    {
        Team = new WorkerTeam(2);
        Decoder = ModelDirectory.Load(golden.Folder, Team, gradients: true);
        Tensors = Decoder.Tensors;
    }

    public WorkerTeam Team { get; }

    public LanguageModel Decoder { get; }

    /// <summary>What each tensor of the reference is of the parameters.</summary>
    public TensorMap Tensors { get; }

    /// <summary>A stored tensor's elements of a parameter's weights or gradient; null for one that is no part of a parameter.</summary>
    public float[]? ElementsOf(StoredTensor tensor, bool gradient)
    {
        if (tensor.View is not { } view || !Decoder.Parameters.TryGet(view.Target, out Parameter? parameter)) return null;
        float[] elements = new float[view.Length];
        view.Gather(0, elements, (gradient ? parameter.Gradient : parameter.Weights).Span);
        return elements;
    }

    /// <summary>A program with tokens in place; the target of a position is the label of the next one, -1 for none.</summary>
    public LanguageProgram Program(ReadOnlySpan<int> inputs, ReadOnlySpan<int> labels, int batch, int time, bool training)
    {
        LanguageProgram program = Decoder.Program(batch, time, training);
        inputs.CopyTo(program.Inputs);
        for (int i = 0; i < inputs.Length; i++) program.Targets[i] = i % time == time - 1 || labels[i + 1] < 0 ? -1 : labels[i + 1];
        return program;
    }

    public void Dispose()
    {
        Decoder.Dispose();
        Team.Dispose();
    }
}
