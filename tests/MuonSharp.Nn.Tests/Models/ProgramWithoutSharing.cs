namespace MuonSharp.Nn.Tests.Models;

/// <summary>The program of a model with memory of its own for every buffer.</summary>
internal sealed class ProgramWithoutSharing(LanguageModel model, int batch, int time) : IDisposable
{
    public LanguageProgram Program { get; } = model.NewProgram(batch, time, training: true, sharesNothing: true);

    public void Dispose() => Program.Dispose();
}
