using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Causal self-attention: output(softmax(q kᵀ/√headWidth) v) by head, with q, k, v projections of the input.</summary>
/// <remarks>
/// <para>Parameters, in this order: <c>query.weight</c> [heads·headWidth, width], <c>key.weight</c> [keyValueHeads·headWidth, width] and <c>value.weight</c>
/// [keyValueHeads·valueWidth, width], or one fused <c>qkv.weight</c> of all three; <c>output.weight</c> [width, heads·valueWidth]; each with a <c>bias</c> if wanted; with QK-norm
/// <c>query_norm.weight</c> and <c>key_norm.weight</c> [headWidth].</para>
/// <para>The layer declares its heads for QK-clip (<see cref="Model.AttentionHeads"/>) and knows each head's greatest logit (<see cref="MaximumLogits"/>).</para>
/// </remarks>
public sealed class SelfAttention : IResidualBranch
{
    private readonly SelfAttentionOptions _options;
    private readonly Linear? _fused;
    private readonly Linear? _query;
    private readonly Linear? _key;
    private readonly Linear? _value;
    private readonly BranchOutput _output;
    private readonly RmsNorm? _queryNorm;
    private readonly RmsNorm? _keyNorm;

    /// <summary>Declares the layer.</summary>
    /// <param name="builder">Scope that the layer is declared in.</param>
    /// <param name="name">Name of the layer in it.</param>
    /// <param name="options">Its sizes and forms.</param>
    /// <exception cref="ArgumentException">The options break a rule, or a name is taken.</exception>
    public SelfAttention(ModelBuilder builder, string name, SelfAttentionOptions options)
    {
        ModelBuilder scope = builder.Scope(name);
        options.Check(scope.Path);
        _options = options;
        (int heads, int keyHeads) = (options.Heads, options.EffectiveKeyValueHeads);
        MatrixPart query = new("query", heads * options.EffectiveHeadWidth, heads), key = new("key", keyHeads * options.EffectiveHeadWidth, keyHeads);
        MatrixPart value = new("value", keyHeads * options.EffectiveValueWidth, keyHeads);
        if (options.Fused)
        {
            _fused = Declare(options.FusedName, query, key, value);
        }
        else
        {
            (_query, _key, _value) = (Declare(options.QueryName, query), Declare(options.KeyName, key), Declare(options.ValueName, value));
        }

        Linear output = new(
            scope, options.OutputName, heads * options.EffectiveValueWidth, options.Width, options.Bias, ParameterRole.Matrix, options.OutputInitializer ?? options.Initializer,
            options.BiasInitializer, options.Layout);
        _output = new BranchOutput(builder.Seed, output, options.Dropout);
        if (options.QueryKeyNormEpsilon is { } epsilon)
        {
            _queryNorm = new RmsNorm(scope, options.QueryNormName, options.EffectiveHeadWidth, epsilon);
            _keyNorm = new RmsNorm(scope, options.KeyNormName, options.EffectiveHeadWidth, epsilon);
        }

        scope.Attention(Heads(scope.Path));

        Linear Declare(string part, params ReadOnlySpan<MatrixPart> parts)
        {
            int outputs = 0;
            foreach (MatrixPart one in parts)
            {
                outputs += one.FanOut;
            }

            return new Linear(
                scope, part, options.Width, outputs, options.Bias, ParameterRole.Matrix, options.Initializer, options.BiasInitializer, options.Layout.Split(parts));
        }
    }

    /// <summary>Each recorded attention's greatest logit by head, [1, heads], in the order of recording: what QK-clip observes after a forward run.</summary>
    /// <param name="tape">A tape with attention on it.</param>
    /// <returns>One tensor an attention layer, readable after a run.</returns>
    public static IReadOnlyList<Tensor> MaximumLogits(Tape tape) =>
        [.. tape.Operations.OfType<AttentionOperation>().Select(operation => operation.MaximumLogits)];

    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x, Tensor residual)
    {
        var shape = new AttentionShape
        {
            Heads = _options.Heads,
            KeyValueHeads = _options.EffectiveKeyValueHeads,
            HeadWidth = _options.EffectiveHeadWidth,
            ValueWidth = _options.EffectiveValueWidth,
            Window = _options.Window,
        };
        AttentionResult result;
        if (_fused is not null)
        {
            result = tape.Attention(_fused.Record(tape, x), shape);
        }
        else
        {
            Tensor query = Turned(tape, _query!.Record(tape, x), _queryNorm);
            Tensor key = Turned(tape, _key!.Record(tape, x), _keyNorm);
            result = tape.Attention(query, key, _value!.Record(tape, x), shape);
        }

        return _output.Record(tape, result.Output, residual);
    }

    private Tensor Turned(Tape tape, Tensor x, RmsNorm? norm)
    {
        Tensor normal = norm is null ? x : norm.Record(tape, x);
        int width = _options.EffectiveHeadWidth;
        return _options.Rotary is { } frequencies
            ? tape.Rotary(normal, normal.Columns / width, new HeadColumns(0, frequencies.Width, width), frequencies, RotaryPairing.Halves)
            : normal;
    }

    private AttentionHeads Heads(string name)
    {
        if (_queryNorm is not null && _keyNorm is not null)
        {
            return AttentionHeads.Normalized(
                name, _options.Heads, _options.EffectiveKeyValueHeads, _options.EffectiveHeadWidth, _queryNorm.Weight, _keyNorm.Weight);
        }

        List<HeadSlice> slices = [];
        foreach ((Linear linear, string part, HeadSide side) in new[] { ((_fused ?? _query)!, "query", HeadSide.Query), ((_fused ?? _key)!, "key", HeadSide.Key) })
        {
            slices.Add(HeadSlice.OfPart(linear.Weight, linear.Weight.Layout, part, side));
            if (linear.Bias is not null)
            {
                slices.Add(HeadSlice.OfPart(linear.Bias, linear.Weight.Layout, part, side));
            }
        }

        return new AttentionHeads(name, _options.Heads, _options.EffectiveKeyValueHeads, slices);
    }
}

/// <summary>Sizes and forms of self-attention.</summary>
public sealed record SelfAttentionOptions
{
    /// <summary>Columns of input and output.</summary>
    public required int Width { get; init; }

    /// <summary>Query heads, 1 or more.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads, a divisor of <see cref="Heads"/>. Default: as many as query heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Width of a head's queries and keys. Default: width / heads.</summary>
    public int? HeadWidth { get; init; }

    /// <summary>Width of a head's values. Default: that of its queries and keys.</summary>
    public int? ValueWidth { get; init; }

    /// <summary>How many tokens back a token sees, itself included; null (default) for all.</summary>
    public int? Window { get; init; }

    /// <summary>Frequencies by which queries and keys are turned; null (default): they are not turned. Where they turn fewer columns than a head has, its first ones.</summary>
    public RotaryFrequencies? Rotary { get; init; }

    /// <summary>Epsilon of the RMSNorm of each head's queries and keys, before they are turned; null (default): they are not normalized.</summary>
    public float? QueryKeyNormEpsilon { get; init; }

    /// <summary>Whether the projections have biases. Default true.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Whether queries, keys and values are one weight, neither turned nor normalized. Default false.</summary>
    public bool Fused { get; init; }

    /// <summary>Probability of dropout of what the layer adds; attention weights are never dropped. Default 0.</summary>
    public double Dropout { get; init; }

    /// <summary>How the weights are stored. Default [out, in].</summary>
    public MatrixLayout Layout { get; init; } = MatrixLayout.OutIn;

    /// <summary>First values of the weights; null for those of <see cref="Linear"/>.</summary>
    public Initializer? Initializer { get; init; }

    /// <summary>First values of the projection into the stream; null for those of the others.</summary>
    public Initializer? OutputInitializer { get; init; }

    /// <summary>First values of the biases; null for those of <see cref="Linear"/>.</summary>
    public Initializer? BiasInitializer { get; init; }

    /// <summary>Name of the fused projection. Default <c>qkv</c>.</summary>
    public string FusedName { get; init; } = "qkv";

    /// <summary>Name of the queries' projection. Default <c>query</c>.</summary>
    public string QueryName { get; init; } = "query";

    /// <summary>Name of the keys' projection. Default <c>key</c>.</summary>
    public string KeyName { get; init; } = "key";

    /// <summary>Name of the values' projection. Default <c>value</c>.</summary>
    public string ValueName { get; init; } = "value";

    /// <summary>Name of the projection back. Default <c>output</c>.</summary>
    public string OutputName { get; init; } = "output";

    /// <summary>Name of the queries' norm. Default <c>query_norm</c>.</summary>
    public string QueryNormName { get; init; } = "query_norm";

    /// <summary>Name of the keys' norm. Default <c>key_norm</c>.</summary>
    public string KeyNormName { get; init; } = "key_norm";

    internal int EffectiveKeyValueHeads => KeyValueHeads ?? Heads;

    internal int EffectiveHeadWidth => HeadWidth ?? Width / Heads;

    internal int EffectiveValueWidth => ValueWidth ?? EffectiveHeadWidth;

    internal void Check(string name)
    {
        Rule.Check(
            Width >= 1 && Heads >= 1 && (HeadWidth is null ? Width % Heads == 0 : HeadWidth >= 1),
            $"[attention] heads divide the width, or have a width of their own; '{name}' has width {Width}, {Heads} heads, head width {HeadWidth}");
        Rule.Check(
            EffectiveKeyValueHeads >= 1 && Heads % EffectiveKeyValueHeads == 0,
            $"[attention] key-value heads divide the heads; '{name}' has {KeyValueHeads} and {Heads}");
        Rule.Check(ValueWidth is null or >= 1, $"[attention] values have columns; '{name}' has value width {ValueWidth}");
        Rule.Check(
            Rotary is null || Rotary.Width <= EffectiveHeadWidth,
            $"[attention] no more columns are turned than a head has; '{name}' turns {Rotary?.Width} of {EffectiveHeadWidth}");
        Rule.Check(
            !Fused || (Rotary is null && QueryKeyNormEpsilon is null),
            $"[attention] a fused projection is neither turned nor normalized; '{name}' is fused");
    }
}
