using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records dropout.</summary>
public static class DropoutRecording
{
    /// <summary>Sets each element to zero with a probability, and scales the others by 1/(1 - probability). An inference tape records nothing.</summary>
    /// <param name="tape">The tape; <see cref="Tape.Step"/> and <see cref="Tape.FirstSample"/> key the mask.</param>
    /// <param name="x">[batch·time, width].</param>
    /// <param name="probability">Of zero, 0 up to but not including 1; 0 records nothing.</param>
    /// <param name="stream">Numbers of this place in the model: a stream of its own.</param>
    /// <param name="time">Tokens of a sequence: the mask of a sequence depends on its sample number, not on its place in the batch.</param>
    /// <returns>The shape of x.</returns>
    /// <exception cref="ArgumentException">The probability or the shape does not fit.</exception>
    public static Tensor Dropout(this Tape tape, Tensor x, double probability, RandomStream stream, int time)
    {
        Rule.Check(probability is >= 0 and < 1, $"[dropout] the probability is in [0, 1); {probability}");
        Rule.Check(time > 0 && x.Rows % time == 0, $"[dropout] the rows are whole sequences of time tokens; {x}, time {time}");
        return tape.Training && probability > 0
            ? tape.Record(new DropoutOperation(x, probability, stream, time)).Output
            : x;
    }
}
