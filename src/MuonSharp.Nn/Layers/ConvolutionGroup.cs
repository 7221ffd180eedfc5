namespace MuonSharp.Nn;

/// <summary>Two convolutions of 3x3 that keep the images' size, with a pooling behind the first: conv, pool, norm, GELU, conv, norm, GELU.</summary>
/// <remarks>
/// <para>Parameters: <c>conv1.weight</c> [out, in, 3, 3], <c>conv2.weight</c> [out, out, 3, 3], <c>norm1.bias</c>, <c>norm2.bias</c>; no other biases. The norms' gains are buffers
/// at 1, their statistics too. The first filters pass their channels through at first (<see cref="DerivedInitializers.Dirac"/>).</para>
/// <para>Source: KellerJordan/cifar10-airbench, <c>ConvGroup</c>.</para>
/// </remarks>
public sealed class ConvolutionGroup : ILayer
{
    private readonly int _pool;

    /// <summary>Declares the layer.</summary>
    /// <param name="builder">Scope that the layer is declared in.</param>
    /// <param name="name">Name of the layer in it.</param>
    /// <param name="inputs">Channels of the images.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="epsilon">Added to the variances. Default 1e-5.</param>
    /// <param name="momentum">Share of a batch in the running statistics. Default 0.1.</param>
    /// <param name="pool">Height, width and stride of the pooling. Default 2.</param>
    /// <exception cref="ArgumentException">A size is below 1, or the name is taken.</exception>
    public ConvolutionGroup(
        ModelBuilder builder,
        string name,
        int inputs,
        int outputs,
        float epsilon = BatchNormRecording.DefaultEpsilon,
        double momentum = BatchNormRecording.DefaultMomentum,
        int pool = 2)
    {
        ModelBuilder scope = builder.Scope(name);
        _pool = pool;
        Initializer initializer = DerivedInitializers.Dirac(Initializers.KaimingUniform());
        First = new(scope, "conv1", inputs, outputs, Window.Same(3), bias: false, initializer);
        FirstNorm = new(scope, "norm1", outputs, epsilon, momentum, frozenWeight: true);
        Second = new(scope, "conv2", outputs, outputs, Window.Same(3), bias: false, initializer);
        SecondNorm = new(scope, "norm2", outputs, epsilon, momentum, frozenWeight: true);
    }

    /// <summary>The convolution before the pooling.</summary>
    public Conv2d First { get; }

    /// <summary>The norm behind the pooling.</summary>
    public BatchNorm FirstNorm { get; }

    /// <summary>The second convolution.</summary>
    public Conv2d Second { get; }

    /// <summary>The norm behind it.</summary>
    public BatchNorm SecondNorm { get; }

    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x)
    {
        Tensor half = tape.MaxPool(First.Record(tape, x), Window.Square(_pool, _pool));
        half = tape.Activate(FirstNorm.Record(tape, half), Activation.Gelu);
        return tape.Activate(SecondNorm.Record(tape, Second.Record(tape, half)), Activation.Gelu);
    }
}
