using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A convolution of images: y[o] at a pixel = Σ filters[o, i, u, v] x[i] over what the window sees, plus bias[o].</summary>
/// <remarks>
/// <para>Parameters: <c>weight</c> [out, in, window height, window width], to optimizers one matrix [out, in·height·width]; <c>bias</c> [out]. First values as torch's conv2d:
/// uniform within 1/√(in·height·width). Frozen filters are a buffer of the model: saved with it, not trained.</para>
/// <para>Images have their channels last: <see cref="Images"/>.</para>
/// </remarks>
public sealed class Conv2d : ILayer
{
    /// <summary>Declares the layer.</summary>
    /// <param name="builder">Scope that the layer is declared in.</param>
    /// <param name="name">Name of the layer in it.</param>
    /// <param name="inputs">Channels of the images.</param>
    /// <param name="outputs">Channels of the result: number of filters.</param>
    /// <param name="window">Size, stride and padding, such as <c>Window.Same(3)</c>.</param>
    /// <param name="bias">Whether there is a bias. Default true.</param>
    /// <param name="initializer">First values of the filters. Default: uniform within 1/√(in·height·width).</param>
    /// <param name="biasInitializer">First values of the bias. Default: the same.</param>
    /// <param name="frozen">Whether the filters are a buffer, at first zeros, which something else fills (<see cref="FrozenWeight"/>). Default false.</param>
    /// <exception cref="ArgumentException">A size is below 1, or the name is taken.</exception>
    public Conv2d(
        ModelBuilder builder,
        string name,
        int inputs,
        int outputs,
        Window window,
        bool bias = true,
        Initializer? initializer = null,
        Initializer? biasInitializer = null,
        bool frozen = false)
    {
        Rule.Check(
            inputs >= 1 && outputs >= 1 && window is { Height: >= 1, Width: >= 1, Stride: >= 1, Padding: >= 0 },
            $"[conv2d] a layer has inputs, outputs and a window; '{builder.FullName(name)}' has {inputs}, {outputs} and {window}");
        (Inputs, Outputs, Window) = (inputs, outputs, window);
        ModelBuilder scope = builder.Scope(name);
        if (frozen)
        {
            FrozenWeight = scope.Buffer("weight", [outputs, inputs, window.Height, window.Width]);
        }
        else
        {
            Weight = scope.Parameter("weight", [outputs, inputs, window.Height, window.Width], ParameterRole.Matrix, initializer ?? Initializers.KaimingUniform());
        }

        Bias = bias
            ? scope.Parameter("bias", [outputs], ParameterRole.Bias, biasInitializer ?? Initializers.Uniform(1 / Math.Sqrt((double)inputs * window.Pixels)))
            : null;
    }

    /// <summary>Channels of the images.</summary>
    public int Inputs { get; }

    /// <summary>Channels of the result.</summary>
    public int Outputs { get; }

    /// <summary>Size, stride and padding of the filters.</summary>
    public Window Window { get; }

    /// <summary>The filters; null where they are frozen.</summary>
    public Parameter? Weight { get; }

    /// <summary>The filters where they are frozen; else null.</summary>
    public ModelBuffer? FrozenWeight { get; }

    /// <summary>The bias, if there is one.</summary>
    public Parameter? Bias { get; }

    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x) => tape.Convolution(
        x, Weight is null ? tape.Buffer(FrozenWeight!) : tape.Parameter(Weight), Bias is null ? null : tape.Parameter(Bias), Window);
}
