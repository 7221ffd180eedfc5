using MuonSharp.Conformance.Cases;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Conformance.Models;

/// <summary>A Hugging Face directory as a decoder: every stored tensor has its parameter, every parameter its tensor.</summary>
internal sealed class StoredModel : IDisposable
{
    private const string Weights = "model.safetensors";

    public StoredModel(GoldenCase golden)
    {
        Team = new WorkerTeam(2);
        Decoder = new LanguageModel(ModelConfig.Read(golden.PathOf("config.json")), 1, Team);
        using SafetensorsFile file = SafetensorsFile.Open(golden.PathOf(Weights));
        Assert.Equal(file.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), Decoder.Parameters.Parameters.Select(p => p.Name).Order(StringComparer.Ordinal));
        foreach (Parameter parameter in Decoder.Parameters.Parameters)
        {
            Assert.Equal(file.Sizes(parameter.Name), parameter.Shape);
            file.ReadFloats(parameter.Name, parameter.Weights.Span);
        }
    }

    public WorkerTeam Team { get; }

    public LanguageModel Decoder { get; }

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
