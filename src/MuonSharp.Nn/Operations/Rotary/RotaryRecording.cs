namespace MuonSharp.Nn;

/// <summary>Records rotary position embeddings.</summary>
public static class RotaryRecording
{
    /// <summary>Base of the frequencies in llama.</summary>
    public const double DefaultBase = 10000;

    /// <summary>Turns each head's pairs (i, i + headWidth/2) by an angle that grows with the position.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Queries or keys [batch·time, heads·headWidth].</param>
    /// <param name="time">Tokens of a sequence.</param>
    /// <param name="headWidth">Width of a head, even.</param>
    /// <param name="frequencyBase">Base of the frequencies; default 10000.</param>
    /// <returns>The shape of x.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor Rotary(this Tape tape, Tensor x, int time, int headWidth, double frequencyBase = DefaultBase)
    {
        Rule.Check(time > 0 && x.Rows % time == 0, $"[rotary] the rows are whole sequences of time tokens; {x}, time {time}");
        Rule.Check(
            headWidth > 0 && headWidth % 2 == 0 && x.Columns % headWidth == 0,
            $"[rotary] heads have an even width that divides the columns; {x}, head width {headWidth}");
        return tape.Record(new RotaryOperation(x, time, headWidth, frequencyBase)).Output;
    }
}
