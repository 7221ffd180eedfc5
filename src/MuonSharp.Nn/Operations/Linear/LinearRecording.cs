using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Records linear layers.</summary>
public static class LinearRecording
{
    /// <summary>y = f(x Wᵀ + bias) + residual.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows, in].</param>
    /// <param name="weight">[out, in], or [in, out] by <paramref name="orientation"/>.</param>
    /// <param name="bias">[1, out]; null for none.</param>
    /// <param name="activation">f, any but <see cref="Activation.SwiGlu"/>; null for none.</param>
    /// <param name="residual">[rows, out], added to the result; null for none. Not together with an activation.</param>
    /// <param name="orientation">How the weight is stored; default [out, in].</param>
    /// <returns>[rows, out].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or the options exclude each other.</exception>
    public static Tensor Linear(
        this Tape tape,
        Tensor x,
        Tensor weight,
        Tensor? bias = null,
        Activation? activation = null,
        Tensor? residual = null,
        MatrixOrientation orientation = MatrixOrientation.OutIn)
    {
        var (fanOut, fanIn) = orientation == MatrixOrientation.OutIn ? (weight.Rows, weight.Columns) : (weight.Columns, weight.Rows);
        Rule.Check(x.Columns == fanIn, $"[linear] inner sizes differ: x is {x}, the weight {weight} stored {orientation}");
        Rule.Check(bias is null || bias.Length == fanOut, $"[linear] the bias has an element for each of {fanOut} outputs; {bias}");
        Rule.Check(
            residual is null || (residual.Rows == x.Rows && residual.Columns == fanOut),
            $"[linear] the residual has the shape of the result, [{x.Rows}, {fanOut}]; {residual}");
        Rule.Check(
            activation is null || residual is null, $"[linear] an activation and a residual exclude each other; {activation} and {residual}");
        var inputs = new LinearInputs(x, weight, bias, residual, orientation);
        return activation switch
        {
            null => tape.Record(new LinearOperation<Identity>(inputs)).Output,
            Activation.Gelu => tape.Record(new LinearOperation<Gelu>(inputs)).Output,
            Activation.GeluTanh => tape.Record(new LinearOperation<GeluTanh>(inputs)).Output,
            Activation.ReluSquared => tape.Record(new LinearOperation<ReluSquared>(inputs)).Output,
            _ => throw new ArgumentException($"[linear] an epilogue is elementwise in one input; {activation}"),
        };
    }
}
