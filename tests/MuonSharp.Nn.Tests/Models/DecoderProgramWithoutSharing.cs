namespace MuonSharp.Nn.Tests.Models;

/// <summary>The program of a model with memory of its own for every buffer.</summary>
internal sealed class DecoderProgramWithoutSharing(DecoderModel model, int batch, int time) : IDisposable
{
    public DecoderProgram Program { get; } = new(model, batch, time, training: true, sharesNothing: true);

    public void Dispose() => Program.Release();
}
