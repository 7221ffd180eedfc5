using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>The feed-forward block of a transformer: down(f(up(x))), or gated, down(f(gate(x)) · up(x)).</summary>
/// <remarks>
/// <para>Parameters, in this order: with a gate <c>gate.weight</c> [hidden, width]; <c>up.weight</c> [hidden, width]; <c>down.weight</c> [width, hidden];
/// each with a <c>bias</c> if wanted. With <see cref="MatrixOrientation.InOut"/> the weights are stored the other way round.</para>
/// <para>Source of the gate: N. Shazeer, "GLU variants improve transformer", arXiv:2002.05202.</para>
/// </remarks>
public sealed class FeedForward : IResidualBranch
{
    private readonly Linear? _gate;
    private readonly Linear _up;
    private readonly FeedForwardOptions _options;
    private readonly BranchOutput _down;

    /// <summary>Declares the block.</summary>
    /// <param name="builder">Scope that the block is declared in.</param>
    /// <param name="name">Name of the block in it.</param>
    /// <param name="options">Its sizes and forms.</param>
    /// <exception cref="ArgumentException">A size is below 1, or a name is taken.</exception>
    public FeedForward(ModelBuilder builder, string name, FeedForwardOptions options)
    {
        ModelBuilder scope = builder.Scope(name);
        (int width, int hidden) = (options.Width, options.Hidden);
        _options = options;
        _gate = options.Gated ? Declare(options.GateName, width, hidden, options.Initializer) : null;
        _up = Declare(options.UpName, width, hidden, options.Initializer);
        _down = new BranchOutput(builder.Seed, Declare(options.DownName, hidden, width, options.OutputInitializer ?? options.Initializer), options.Dropout);

        Linear Declare(string part, int inputs, int outputs, Initializer? initializer) => new(
            scope, part, inputs, outputs, options.Bias, ParameterRole.Matrix, initializer, options.BiasInitializer, options.Layout);
    }

    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x, Tensor residual)
    {
        Tensor hidden = _gate is null
            ? _up.Record(tape, x, _options.Activation)
            : tape.Gated(_gate.Record(tape, x), _up.Record(tape, x), _options.Activation);
        return _down.Record(tape, hidden, residual);
    }
}

/// <summary>Sizes and forms of a feed-forward block.</summary>
public sealed record FeedForwardOptions
{
    /// <summary>Columns of input and output.</summary>
    public required int Width { get; init; }

    /// <summary>Columns in between.</summary>
    public required int Hidden { get; init; }

    /// <summary>f. Default GELU; gated, SiLU makes it SwiGLU.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Whether a second projection, through f, multiplies the first. Default false.</summary>
    public bool Gated { get; init; }

    /// <summary>Whether the projections have biases. Default true.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Probability of dropout of what the block adds. Default 0.</summary>
    public double Dropout { get; init; }

    /// <summary>How the weights are stored. Default [out, in].</summary>
    public MatrixLayout Layout { get; init; } = MatrixLayout.OutIn;

    /// <summary>First values of the weights; null for those of <see cref="Linear"/>.</summary>
    public Initializer? Initializer { get; init; }

    /// <summary>First values of the projection into the stream; null for those of the others.</summary>
    public Initializer? OutputInitializer { get; init; }

    /// <summary>First values of the biases; null for those of <see cref="Linear"/>.</summary>
    public Initializer? BiasInitializer { get; init; }

    /// <summary>Name of the gate's projection. Default <c>gate</c>.</summary>
    public string GateName { get; init; } = "gate";

    /// <summary>Name of the projection to the hidden width. Default <c>up</c>.</summary>
    public string UpName { get; init; } = "up";

    /// <summary>Name of the projection back. Default <c>down</c>.</summary>
    public string DownName { get; init; } = "down";
}
