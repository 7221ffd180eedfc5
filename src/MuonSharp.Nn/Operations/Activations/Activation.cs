using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>An elementwise nonlinearity y = f(x) with a name: what a linear layer's epilogue, a feed-forward block or <see cref="ActivationRecording.Activate"/> applies.</summary>
/// <remarks>One of your own is a struct with the formula (<see cref="IActivation"/>) and <see cref="Of{TFormula}"/>.</remarks>
public abstract class Activation
{
    private Activation(string name) => Name = name;

    /// <summary>y = x.</summary>
    public static Activation Identity { get; } = Of<Identity>("identity");

    /// <summary>max(x, 0); its derivative at 0 is 0.</summary>
    public static Activation Relu { get; } = Of<Relu>("relu");

    /// <summary>max(x, 0)². Source: D. So et al., "Primer", arXiv:2109.08668.</summary>
    public static Activation ReluSquared { get; } = Of<ReluSquared>("relu-squared");

    /// <summary>x Φ(x) with the exact normal distribution function (erf), as GPT-2 and nanoGPT.</summary>
    public static Activation Gelu { get; } = Of<Gelu>("gelu");

    /// <summary>GELU by its tanh formula, as the published GPT-2 weights expect (<c>gelu_new</c> in Hugging Face's configurations).</summary>
    public static Activation GeluTanh { get; } = Of<GeluTanh>("gelu-tanh");

    /// <summary>x sigmoid(x), also called swish; gated, it is SwiGLU.</summary>
    public static Activation Silu { get; } = Of<Silu>("silu");

    /// <summary>1 / (1 + exp(-x)).</summary>
    public static Activation Sigmoid { get; } = Of<Sigmoid>("sigmoid");

    /// <summary>tanh(x).</summary>
    public static Activation Tanh { get; } = Of<Tanh>("tanh");

    /// <summary>log(1 + exp(x)).</summary>
    public static Activation Softplus { get; } = Of<Softplus>("softplus");

    /// <summary>The activations above.</summary>
    public static IReadOnlyList<Activation> All { get; } = [Identity, Relu, ReluSquared, Gelu, GeluTanh, Silu, Sigmoid, Tanh, Softplus];

    /// <summary>Name in configurations, such as <c>gelu-tanh</c>.</summary>
    public string Name { get; }

    /// <summary>An activation by a formula of your own.</summary>
    /// <typeparam name="TFormula">The formula.</typeparam>
    /// <param name="name">Its name in messages and profiles.</param>
    /// <returns>The activation.</returns>
    public static Activation Of<TFormula>(string name)
        where TFormula : struct, IActivation => new WithFormula<TFormula>(name);

    /// <summary>The activation of <see cref="All"/> with that name.</summary>
    /// <param name="name">Such as <c>relu</c>.</param>
    /// <returns>The activation.</returns>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static Activation Named(string name) => All.FirstOrDefault(activation => activation.Name == name)
        ?? throw new ArgumentException($"[activation] a name is one of {string.Join(", ", All.Select(activation => activation.Name))}; '{name}'");

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal abstract Tensor Record(Tape tape, Tensor x);

    internal abstract Tensor RecordGated(Tape tape, GatedInputs inputs);

    internal abstract Tensor RecordLinear(Tape tape, LinearInputs inputs);

    private sealed class WithFormula<TFormula>(string name) : Activation(name)
        where TFormula : struct, IActivation
    {
        internal override Tensor Record(Tape tape, Tensor x) => tape.Record(new ActivationOperation<TFormula>(Name, x)).Output;

        internal override Tensor RecordGated(Tape tape, GatedInputs inputs) =>
            tape.Record(new GatedOperation<TFormula>(Name == "silu" ? "swiglu" : "gated-" + Name, inputs)).Output;

        internal override Tensor RecordLinear(Tape tape, LinearInputs inputs) => tape.Record(new LinearOperation<TFormula>(inputs)).Output;
    }
}

/// <summary>The formula of an activation on sixteen lanes, implemented by a struct without fields.</summary>
public interface IActivation
{
    /// <summary>Whether f is the identity, which costs nothing. Default false.</summary>
    static virtual bool IsIdentity => false;

    /// <summary>Whether the derivative is computed from y, so that nothing else need be kept.</summary>
    static abstract bool DerivativeFromOutput { get; }

    /// <summary>f(x).</summary>
    /// <typeparam name="L">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="V">The registers that hold them.</typeparam>
    /// <param name="x">The argument.</param>
    /// <returns>The value.</returns>
    static abstract V Value<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct;

    /// <summary>f(x) and f'(x), which share most of their work.</summary>
    /// <typeparam name="L">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="V">The registers that hold them.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="derivative">f'(x).</param>
    /// <returns>The same value as the other method's, bit by bit.</returns>
    static abstract V Value<L, V>(V x, out V derivative)
        where L : struct, ILanes<V>
        where V : struct;

    /// <summary>f'(x) from y, if <see cref="DerivativeFromOutput"/>, and else from x.</summary>
    /// <typeparam name="L">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="V">The registers that hold them.</typeparam>
    /// <param name="kept">y, or x.</param>
    /// <returns>f'(x).</returns>
    static abstract V Derivative<L, V>(V kept)
        where L : struct, ILanes<V>
        where V : struct;
}
