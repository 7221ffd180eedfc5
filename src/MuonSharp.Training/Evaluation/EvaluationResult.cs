namespace MuonSharp.Training;

/// <summary>How well a model predicts a text.</summary>
/// <param name="Loss">Mean cross-entropy in nats per predicted token.</param>
/// <param name="Tokens">Tokens predicted: all of the text but the first.</param>
/// <param name="Bytes">UTF-8 bytes of the predicted tokens.</param>
public sealed record EvaluationResult(double Loss, long Tokens, long Bytes)
{
    /// <summary>Bits per byte of text: comparable between tokenizers.</summary>
    public double BitsPerByte => Loss * Tokens / Math.Log(2) / Bytes;
}
