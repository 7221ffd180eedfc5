namespace MuonSharp.Nn;

/// <summary>Records activations.</summary>
public static class ActivationRecording
{
    /// <summary>y = x Φ(x), exact (erf).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Any shape.</param>
    /// <returns>The shape of x.</returns>
    public static Tensor Gelu(this Tape tape, Tensor x) => tape.Record(new ActivationOperation<Gelu>("gelu", x)).Output;

    /// <summary>GELU by its tanh formula.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Any shape.</param>
    /// <returns>The shape of x.</returns>
    public static Tensor GeluTanh(this Tape tape, Tensor x) => tape.Record(new ActivationOperation<GeluTanh>("gelu-tanh", x)).Output;

    /// <summary>y = max(x, 0)².</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Any shape.</param>
    /// <returns>The shape of x.</returns>
    public static Tensor ReluSquared(this Tape tape, Tensor x) => tape.Record(new ActivationOperation<ReluSquared>("relu-squared", x)).Output;

    /// <summary>y = gate · sigmoid(gate) · up.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="gate">[rows, width].</param>
    /// <param name="up">[rows, width].</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor SwiGlu(this Tape tape, Tensor gate, Tensor up)
    {
        Rule.Check(gate.Rows == up.Rows && gate.Columns == up.Columns, $"[swiglu] gate and up have one shape; {gate} and {up}");
        return tape.Record(new SwiGluOperation(gate, 0, up, 0, gate.Columns)).Output;
    }

    /// <summary>y = gate · sigmoid(gate) · up over a fused projection.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="gateAndUp">[rows, 2·width]: the gate's columns, then those of up.</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The number of columns is odd.</exception>
    public static Tensor SwiGlu(this Tape tape, Tensor gateAndUp)
    {
        Rule.Check(gateAndUp.Columns % 2 == 0, $"[swiglu] a fused gate and up has an even number of columns; {gateAndUp}");
        var width = gateAndUp.Columns / 2;
        return tape.Record(new SwiGluOperation(gateAndUp, 0, gateAndUp, width, width)).Output;
    }
}
