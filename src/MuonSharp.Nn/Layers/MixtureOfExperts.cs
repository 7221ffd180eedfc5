using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A feed-forward block of many experts, of which each row has a few: Σ weight · down_e(f(gate_e(x)) · up_e(x)) over its experts, plus those that all rows share.</summary>
/// <remarks>
/// <para>Parameters, by the names of DeepSeek-V3's checkpoints and in this order: the router's <c>gate.weight</c> [experts, width] (role <see cref="ParameterRole.Router"/>);
/// <c>experts.gate_proj.weight</c> and <c>experts.up_proj.weight</c> [experts, hidden, width] and <c>experts.down_proj.weight</c> [experts, width, hidden], each expert a matrix
/// of its own to every optimizer; with shared experts a gated <see cref="FeedForward"/> <c>shared_experts</c>. Buffer: <c>gate.e_score_correction_bias</c> [experts].</para>
/// <para>Rows are sorted by expert and multiplied by group, so arithmetic grows with the active experts, not with all. An expert without rows in a step is not stepped.</para>
/// <para>Balancing, off by default: after each step the bias of an expert that had fewer rows than the mean rises by <see cref="MixtureOptions.BalancingSpeed"/>, that of one with
/// more falls; <see cref="Model.AfterStep"/> does it, which a trainer calls.</para>
/// <para>Source: DeepSeek-AI, "DeepSeek-V3 technical report", arXiv:2412.19437, section 2.1.2.</para>
/// </remarks>
public sealed class MixtureOfExperts : IResidualBranch, IStepRule
{
    private readonly MixtureOptions _options;
    private readonly Parameter _router;
    private readonly Parameter _gate;
    private readonly Parameter _up;
    private readonly Parameter _down;
    private readonly FeedForward? _shared;
    private readonly Dropout? _dropout;

    /// <summary>Declares the block.</summary>
    /// <param name="builder">Scope that the block is declared in.</param>
    /// <param name="name">Name of the block in it.</param>
    /// <param name="options">Its sizes and forms.</param>
    /// <exception cref="ArgumentException">The options break a rule, or a name is taken.</exception>
    public MixtureOfExperts(ModelBuilder builder, string name, MixtureOptions options)
    {
        ModelBuilder scope = builder.Scope(name), router = scope.Scope(options.RouterName), experts = scope.Scope(options.ExpertsName);
        options.Check(scope.Path);
        _options = options;
        (int count, int width, int hidden) = (options.Experts, options.Width, options.Hidden);
        Initializer initializer = options.Initializer ?? Initializers.KaimingUniform();
        _router = router.Parameter("weight", [count, width], ParameterRole.Router, options.RouterInitializer ?? initializer);
        Bias = options.SelectionBias ? router.Buffer(options.BiasName, [count]) : null;
        _gate = Declare(options.GateName, hidden, width, initializer);
        _up = Declare(options.UpName, hidden, width, initializer);
        _down = Declare(options.DownName, width, hidden, options.OutputInitializer ?? initializer);
        _shared = options.SharedHidden is { } sharedHidden ? new FeedForward(scope, options.SharedName, options.Shared(sharedHidden)) : null;
        _dropout = options.Dropout > 0 ? new Dropout(builder.Seed, _down.Name, options.Dropout) : null;
        Load = new ExpertLoad(count);
        builder.AfterStep(this);

        Parameter Declare(string part, int outputs, int inputs, Initializer values)
        {
            Parameter stack = experts.Scope(part).Parameter("weight", [count, outputs, inputs], ParameterRole.Matrix, values, MatrixLayout.OutIn.PerExpert());
            stack.TokenShare = (double)options.Routing.Active / count;
            return stack;
        }
    }

    /// <summary>Added to the scores for the choice of experts, [experts], at first 0; null where the options want none.</summary>
    public ModelBuffer? Bias { get; }

    /// <summary>Rows that each expert had in this step's forward runs of training tapes.</summary>
    public ExpertLoad Load { get; }

    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x, Tensor residual)
    {
        Tensor logits = tape.Linear(x, tape.Parameter(_router));
        ExpertChoice choice = tape.ChooseExperts(logits, _options.Routing, Bias?.Values ?? default, Load);
        Tensor rows = tape.RowsByExpert(x, choice);
        Tensor hidden = tape.Gated(tape.LinearByExpert(rows, tape.Parameter(_gate), choice), tape.LinearByExpert(rows, tape.Parameter(_up), choice), _options.Activation);
        Tensor output = tape.LinearByExpert(hidden, tape.Parameter(_down), choice);
        Tensor stream = _shared is null ? residual : _shared.Record(tape, x, residual);
        return tape.Training && _dropout is not null
            ? tape.Add(stream, _dropout.Record(tape, tape.SumOfExperts(output, choice)))
            : tape.SumOfExperts(output, choice, stream);
    }

    Memory<long> IStepRule.Counts => Load.Memory;

    void IStepRule.AfterStep(bool skipped)
    {
        if (!skipped && Bias is not null && _options.BalancingSpeed > 0)
        {
            long total = 0;
            foreach (long rows in Load.Counts)
            {
                total += rows;
            }

            Span<float> bias = Bias.Values.Span;
            for (int expert = 0; expert < bias.Length; expert++)
            {
                bias[expert] += _options.BalancingSpeed * Math.Sign(total - (Load.Counts[expert] * bias.Length));
            }
        }

        Load.Clear();
    }
}

/// <summary>Sizes and forms of a mixture of experts.</summary>
public sealed record MixtureOptions
{
    /// <summary>Columns of input and output.</summary>
    public required int Width { get; init; }

    /// <summary>Columns in between, of each expert (<c>moe_intermediate_size</c>).</summary>
    public required int Hidden { get; init; }

    /// <summary>Experts to choose from (<c>n_routed_experts</c>).</summary>
    public required int Experts { get; init; }

    /// <summary>How experts are chosen and weighed.</summary>
    public required RoutingOptions Routing { get; init; }

    /// <summary>Columns in between of the experts that all rows share, together; null (default) for none.</summary>
    public int? SharedHidden { get; init; }

    /// <summary>f. Default SiLU.</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>Whether there is a bias by expert for the choice. Default true.</summary>
    public bool SelectionBias { get; init; } = true;

    /// <summary>What a step adds to or takes from an expert's bias to even out the loads; DeepSeek-V3 took 0.001. Default 0: the bias stays as it is.</summary>
    public float BalancingSpeed { get; init; }

    /// <summary>Probability of dropout of what the block adds. Default 0.</summary>
    public double Dropout { get; init; }

    /// <summary>First values of the weights; null for uniform within 1/√inputs.</summary>
    public Initializer? Initializer { get; init; }

    /// <summary>First values of the projections into the stream; null for those of the others.</summary>
    public Initializer? OutputInitializer { get; init; }

    /// <summary>First values of the router's weight; null for those of the others.</summary>
    public Initializer? RouterInitializer { get; init; }

    /// <summary>Name of the router. Default <c>gate</c>.</summary>
    public string RouterName { get; init; } = "gate";

    /// <summary>Name of the bias for the choice, in the router. Default <c>e_score_correction_bias</c>.</summary>
    public string BiasName { get; init; } = "e_score_correction_bias";

    /// <summary>Name of the experts. Default <c>experts</c>.</summary>
    public string ExpertsName { get; init; } = "experts";

    /// <summary>Name of the shared experts. Default <c>shared_experts</c>.</summary>
    public string SharedName { get; init; } = "shared_experts";

    /// <summary>Name of the gates' projection. Default <c>gate_proj</c>.</summary>
    public string GateName { get; init; } = "gate_proj";

    /// <summary>Name of the projection to the hidden width. Default <c>up_proj</c>.</summary>
    public string UpName { get; init; } = "up_proj";

    /// <summary>Name of the projection back. Default <c>down_proj</c>.</summary>
    public string DownName { get; init; } = "down_proj";

    internal FeedForwardOptions Shared(int hidden) => new()
    {
        Width = Width,
        Hidden = hidden,
        Gated = true,
        Activation = Activation,
        Bias = false,
        Dropout = Dropout,
        Initializer = Initializer,
        OutputInitializer = OutputInitializer,
        GateName = GateName,
        UpName = UpName,
        DownName = DownName,
    };

    internal void Check(string name)
    {
        Rule.Check(
            Width >= 1 && Hidden >= 1 && Experts >= 1 && SharedHidden is null or >= 1,
            $"[experts] sizes are 1 or more; '{name}' has width {Width}, hidden width {Hidden}, {Experts} experts, shared hidden width {SharedHidden}");
        Rule.Check(
            BalancingSpeed >= 0 && float.IsFinite(BalancingSpeed) && (BalancingSpeed == 0 || SelectionBias),
            $"[experts] balancing has a speed of 0 or more, and a bias to change; '{name}' has speed {BalancingSpeed}, selection bias {SelectionBias}");
        Routing.Check(Experts);
    }
}
