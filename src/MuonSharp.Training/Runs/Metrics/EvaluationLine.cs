using System.Text.Json;

namespace MuonSharp.Training;

/// <summary>An evaluation on held-out data: kind <c>eval</c>.</summary>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Loss">Mean loss on the validation split, in nats per token.</param>
/// <param name="BitsPerByte">The same in bits per byte of text.</param>
internal readonly record struct EvaluationLine(long Step, double Loss, double BitsPerByte) : IMetricsLine
{
    /// <inheritdoc/>
    public string Kind => "eval";

    /// <inheritdoc/>
    public void WriteRest(Utf8JsonWriter json)
    {
        json.WriteFinite("val_loss"u8, Loss);
        json.WriteFinite("bits_per_byte"u8, BitsPerByte);
    }
}
