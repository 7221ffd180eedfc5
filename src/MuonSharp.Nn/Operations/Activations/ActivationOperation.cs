using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records activations.</summary>
public static class ActivationRecording
{
    /// <summary>y = f(x).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="activation">f.</param>
    /// <returns>The shape of x.</returns>
    public static Tensor Activate(this Tape tape, Tensor x, Activation activation) => activation.Record(tape, x);

    /// <summary>y = f(gate) up: the gated unit of a feed-forward block, SwiGLU with <see cref="Activation.Silu"/>.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="gate">[rows, width].</param>
    /// <param name="up">[rows, width].</param>
    /// <param name="activation">f.</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor Gated(this Tape tape, Tensor gate, Tensor up, Activation activation)
    {
        Rule.Check(gate.Rows == up.Rows && gate.Columns == up.Columns, $"[gated] gate and up have one shape; {gate} and {up}");
        return activation.RecordGated(tape, new GatedInputs(TensorColumns.Part(gate, 0, gate.Columns), TensorColumns.Part(up, 0, up.Columns)));
    }

    /// <summary>y = f(gate) up over a fused projection.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="gateAndUp">[rows, 2·width]: the gate's columns, then those of up.</param>
    /// <param name="activation">f.</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The number of columns is odd.</exception>
    public static Tensor Gated(this Tape tape, Tensor gateAndUp, Activation activation)
    {
        Rule.Check(gateAndUp.Columns % 2 == 0, $"[gated] a fused gate and up has an even number of columns; {gateAndUp}");
        int width = gateAndUp.Columns / 2;
        return activation.RecordGated(tape, new GatedInputs(TensorColumns.Part(gateAndUp, 0, width), TensorColumns.Part(gateAndUp, width, width)));
    }

    /// <summary>y = gate sigmoid(gate) up.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="gate">[rows, width].</param>
    /// <param name="up">[rows, width].</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor SwiGlu(this Tape tape, Tensor gate, Tensor up) => tape.Gated(gate, up, Activation.Silu);

    /// <summary>y = gate sigmoid(gate) up over a fused projection.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="gateAndUp">[rows, 2·width]: the gate's columns, then those of up.</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The number of columns is odd.</exception>
    public static Tensor SwiGlu(this Tape tape, Tensor gateAndUp) => tape.Gated(gateAndUp, Activation.Silu);
}

/// <summary>y = f(x) elementwise; dx = dy f'(x).</summary>
/// <remarks>Any shape. One pass each way. The output takes over the input's memory where nothing else reads it, and dx that of dy. Where a
/// linear layer comes before, its epilogue does the same without a pass of its own.</remarks>
internal sealed unsafe class ActivationOperation<TActivation>(string name, Tensor x) : Operation(name)
    where TActivation : struct, IActivation
{
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x, inBackward: !TActivation.DerivativeFromOutput);
        Output = plan.Writes(x.Rows, x.Columns, inBackward: TActivation.DerivativeFromOutput, replaces: x);
        _gradient = plan.Gradient(x, passedFrom: Output);
    }

    protected internal override void Forward(in TapeRun run) =>
        Elementwise.Map<ActivationFormula<TActivation>>(run.Team, x.Data, Output.Data, x.Length);

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            float* kept = TActivation.DerivativeFromOutput ? Output.Data : x.Data;
            Elementwise.Map2<DerivativeFormula<TActivation>>(
                run.Team, Output.GradientData, kept, _gradient.Data, x.Length, add: _gradient.Accumulates);
        }
    }
}

/// <summary>f(a).</summary>
internal readonly struct ActivationFormula<TActivation> : IUnaryOperator
    where TActivation : struct, IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<L, V>(V a)
        where L : struct, ILanes<V>
        where V : struct => TActivation.Value<L, V>(a);
}

/// <summary>a f'(b): the gradient that goes through an activation.</summary>
internal readonly struct DerivativeFormula<TActivation> : IBinaryOperator
    where TActivation : struct, IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<L, V>(V a, V b)
        where L : struct, ILanes<V>
        where V : struct => L.Multiply(a, TActivation.Derivative<L, V>(b));
}
