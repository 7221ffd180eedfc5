using System.Collections.Immutable;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>y = x Wᵀ + b.</summary>
/// <remarks>
/// <para>Parameters: <c>weight</c> [outputs, inputs], or [inputs, outputs] if the layout says so; <c>bias</c> [outputs].</para>
/// <para>First values as torch's: both uniform within 1/√inputs.</para>
/// <para>Cost: 2·rows·inputs·outputs FLOPs forward, twice that backward. Bias, activation and residual are part of the product.</para>
/// </remarks>
public sealed class Linear : ILayer
{
    /// <summary>Declares the layer.</summary>
    /// <param name="builder">Scope that the layer is declared in.</param>
    /// <param name="name">Name of the layer in it.</param>
    /// <param name="inputs">Columns of the input.</param>
    /// <param name="outputs">Columns of the output.</param>
    /// <param name="bias">Whether a bias is added. Default true.</param>
    /// <param name="role">What the weight does. Default <see cref="ParameterRole.Matrix"/>, which Muon steps; the last layer of a network is a
    /// <see cref="ParameterRole.Head"/>.</param>
    /// <param name="initializer">First values of the weight. Default: uniform within 1/√inputs.</param>
    /// <param name="biasInitializer">First values of the bias. Default: uniform within 1/√inputs.</param>
    /// <param name="layout">How the weight is stored and split. Default: one matrix [outputs, inputs].</param>
    /// <exception cref="ArgumentException">A size is below 1, or the name is taken.</exception>
    public Linear(
        ModelBuilder builder,
        string name,
        int inputs,
        int outputs,
        bool bias = true,
        ParameterRole role = ParameterRole.Matrix,
        Initializer? initializer = null,
        Initializer? biasInitializer = null,
        MatrixLayout? layout = null)
    {
        Rule.Check(inputs >= 1 && outputs >= 1, $"[linear] a layer has inputs and outputs; '{builder.FullName(name)}' has {inputs} and {outputs}");
        (Inputs, Outputs) = (inputs, outputs);
        ModelBuilder scope = builder.Scope(name);
        Orientation = layout?.Orientation ?? MatrixOrientation.OutIn;
        ImmutableArray<int> shape = Orientation == MatrixOrientation.OutIn ? [outputs, inputs] : [inputs, outputs];
        Weight = scope.Parameter("weight", shape, role, initializer ?? Initializers.KaimingUniform(), layout);
        Bias = bias
            ? scope.Parameter("bias", [outputs], ParameterRole.Bias, biasInitializer ?? Initializers.Uniform(1 / Math.Sqrt(inputs)))
            : null;
    }

    /// <summary>Columns of the input.</summary>
    public int Inputs { get; }

    /// <summary>Columns of the output.</summary>
    public int Outputs { get; }

    /// <summary>The weight.</summary>
    public Parameter Weight { get; }

    /// <summary>The bias, if there is one.</summary>
    public Parameter? Bias { get; }

    /// <summary>How the weight is stored.</summary>
    public MatrixOrientation Orientation { get; }

    /// <summary>Records y = f(x Wᵀ + b) + residual.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="activation">f; null for none. Not together with a residual.</param>
    /// <param name="residual">[rows, outputs]; null for none.</param>
    /// <returns>[rows, outputs].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public Tensor Record(Tape tape, Tensor x, Activation? activation = null, Tensor? residual = null) =>
        tape.Linear(x, tape.Parameter(Weight), Bias is null ? null : tape.Parameter(Bias), activation, residual, Orientation);

    Tensor ILayer.Record(Tape tape, Tensor x) => Record(tape, x);
}
