using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Causal latent attention (MLA): queries, keys and values are made of narrow, normalized latents, and the part of a key that position turns is one for all heads.</summary>
/// <remarks>
/// <para>With x [rows, width]: [c, r] = C x, [k_h, v_h] = D norm(c) by head h, q_h = B norm(A x), or Q x without a query rank. The last <see cref="LatentAttentionOptions.RotaryWidth"/>
/// columns of each q_h and the one r are turned by position; head h's logits are scale · q_h · [k_h, r], its values v_h; the result is O [heads' outputs].</para>
/// <para>Parameters, by the names of DeepSeek-V3's checkpoints and in this order: <c>q_a_proj.weight</c> [queryRank, width] (A), <c>q_a_layernorm.weight</c> [queryRank],
/// <c>q_b_proj.weight</c> [heads·(plain + rotary), queryRank] (B), or in their place <c>q_proj.weight</c> [heads·(plain + rotary), width] (Q); <c>kv_a_proj_with_mqa.weight</c>
/// [rank + rotary, width] (C); <c>kv_a_layernorm.weight</c> [rank]; <c>kv_b_proj.weight</c> [heads·(plain + value), rank] (D); <c>o_proj.weight</c> [width, heads·value] (O).
/// If wanted A, C and O have a <c>bias</c>; Q, B and D never have.</para>
/// <para>The layer declares its heads for QK-clip: plain queries and keys share a head's factor, the turned queries take all of it, the turned key is left alone.</para>
/// <para>Decoded token by token, the layer keeps norm(c) and r of each token, rank + rotary width floats, and makes keys and values of all tokens again.</para>
/// <para>Source: DeepSeek-AI, "DeepSeek-V2", arXiv:2405.04434; the names and biases are those of transformers' deepseek_v3; the clip: Kimi K2, arXiv:2507.20534.</para>
/// </remarks>
public sealed class LatentAttention : IResidualBranch
{
    private readonly LatentAttentionOptions _options;
    private readonly RotaryFrequencies _frequencies;
    private readonly Linear? _queryDown;
    private readonly RmsNorm? _queryNorm;
    private readonly Linear _queryUp;
    private readonly Linear _keyValueDown;
    private readonly RmsNorm _keyValueNorm;
    private readonly Linear _keyValueUp;
    private readonly BranchOutput _output;

    /// <summary>Declares the layer.</summary>
    /// <param name="builder">Scope that the layer is declared in.</param>
    /// <param name="name">Name of the layer in it.</param>
    /// <param name="options">Its sizes and forms.</param>
    /// <exception cref="ArgumentException">The options break a rule, or a name is taken.</exception>
    public LatentAttention(ModelBuilder builder, string name, LatentAttentionOptions options)
    {
        ModelBuilder scope = builder.Scope(name);
        options.Check(scope.Path);
        _options = options;
        _frequencies = options.Frequencies ?? RotaryFrequencies.Powers(options.RotaryWidth);
        MatrixPart queries = new("query", options.Heads * options.HeadWidth, options.Heads);
        MatrixPart keyValues = new("key_value", options.Heads * (options.PlainWidth + options.ValueWidth), options.Heads);
        if (options.QueryRank is { } queryRank)
        {
            _queryDown = Declare(options.QueryDownName, options.Width, queryRank, options.Bias);
            _queryNorm = new RmsNorm(scope, options.QueryNormName, queryRank, options.Epsilon);
            _queryUp = DeclareHeads(options.QueryUpName, queryRank, queries);
        }
        else
        {
            _queryUp = DeclareHeads(options.QueryName, options.Width, queries);
        }

        _keyValueDown = Declare(options.KeyValueDownName, options.Width, options.KeyValueRank + options.RotaryWidth, options.Bias);
        _keyValueNorm = new RmsNorm(scope, options.KeyValueNormName, options.KeyValueRank, options.Epsilon);
        _keyValueUp = DeclareHeads(options.KeyValueUpName, options.KeyValueRank, keyValues);
        Linear output = new(
            scope, options.OutputName, options.Heads * options.ValueWidth, options.Width, options.Bias, ParameterRole.Matrix, options.OutputInitializer ?? options.Initializer,
            options.BiasInitializer);
        _output = new BranchOutput(builder.Seed, output, options.Dropout);
        scope.Attention(Heads(scope.Path));

        Linear Declare(string part, int inputs, int outputs, bool bias, MatrixLayout? layout = null) =>
            new(scope, part, inputs, outputs, bias, ParameterRole.Matrix, options.Initializer, options.BiasInitializer, layout);

        Linear DeclareHeads(string part, int inputs, MatrixPart heads) => Declare(part, inputs, heads.FanOut, bias: false, MatrixLayout.OutIn.Split(heads));
    }

    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x, Tensor residual)
    {
        (int plain, int value, int rank) = (_options.PlainWidth, _options.ValueWidth, _options.KeyValueRank);
        Tensor latent = _queryDown is null ? x : _queryNorm!.Record(tape, _queryDown.Record(tape, x));
        Tensor query = Turned(tape, _queryUp.Record(tape, latent), _options.Heads, new HeadColumns(plain, _options.RotaryWidth, _options.HeadWidth));
        Tensor down = Turned(tape, _keyValueDown.Record(tape, x), 1, HeadColumns.SideBySide(_options.RotaryWidth, rank));
        Tensor keyValue = _keyValueUp.Record(tape, tape.Cached(_keyValueNorm.Record(tape, tape.Slice(down, 0, rank))));
        AttentionOperands operands = new()
        {
            Query = new(query, HeadColumns.SideBySide(_options.HeadWidth)),
            Key = new(keyValue, new HeadColumns(0, plain, plain + value)),
            SecondKey = new(down, new HeadColumns(rank, _options.RotaryWidth, Stride: 0)),
            Value = new(keyValue, new HeadColumns(plain, value, plain + value)),
        };
        AttentionShape shape = new()
        {
            Heads = _options.Heads,
            HeadWidth = _options.HeadWidth,
            ValueWidth = value,
            Window = _options.Window,
            Scale = (float)(_options.ScaleFactor / Math.Sqrt(_options.HeadWidth)),
        };
        return _output.Record(tape, tape.Attention(operands, shape).Output, residual);
    }

    private Tensor Turned(Tape tape, Tensor x, int heads, HeadColumns columns) => tape.Rotary(x, heads, columns, _frequencies, _options.Pairing);

    private AttentionHeads Heads(string name) => new(name, _options.Heads, _options.Heads,
    [
        new HeadSlice(_queryUp.Weight, HeadSide.Query, 0, _options.PlainWidth, _options.HeadWidth),
        new HeadSlice(_queryUp.Weight, HeadSide.QueryOfSharedKey, _options.PlainWidth, _options.RotaryWidth, _options.HeadWidth),
        new HeadSlice(_keyValueUp.Weight, HeadSide.Key, 0, _options.PlainWidth, _options.PlainWidth + _options.ValueWidth),
    ]);
}

/// <summary>Sizes and forms of latent attention.</summary>
public sealed record LatentAttentionOptions
{
    /// <summary>Columns of input and output.</summary>
    public required int Width { get; init; }

    /// <summary>Heads, 1 or more.</summary>
    public required int Heads { get; init; }

    /// <summary>Columns of the latent that queries are made of (<c>q_lora_rank</c>); null (default): they are made of the input.</summary>
    public int? QueryRank { get; init; }

    /// <summary>Columns of the latent that keys and values are made of (<c>kv_lora_rank</c>).</summary>
    public required int KeyValueRank { get; init; }

    /// <summary>Columns of a head's queries and keys that are not turned (<c>qk_nope_head_dim</c>).</summary>
    public required int PlainWidth { get; init; }

    /// <summary>Columns of a head's queries and keys that position turns, even (<c>qk_rope_head_dim</c>); the keys' are those of all heads.</summary>
    public required int RotaryWidth { get; init; }

    /// <summary>Columns of a head's values (<c>v_head_dim</c>).</summary>
    public required int ValueWidth { get; init; }

    /// <summary>How fast the pairs turn, <see cref="RotaryWidth"/> columns. Default: powers of 10000.</summary>
    public RotaryFrequencies? Frequencies { get; init; }

    /// <summary>Which columns turn together. Default: neighbours, as in DeepSeek's checkpoints.</summary>
    public RotaryPairing Pairing { get; init; } = RotaryPairing.Interleaved;

    /// <summary>Multiplies the logits beside 1/√(plain + rotary width): with yarn, the square of its <c>mscale</c>. Default 1.</summary>
    public double ScaleFactor { get; init; } = 1;

    /// <summary>How many tokens back a token sees, itself included; null (default) for all.</summary>
    public int? Window { get; init; }

    /// <summary>Epsilon of the latents' RMSNorms. Default 1e-6.</summary>
    public float Epsilon { get; init; } = NormalizationRecording.RmsNormEpsilon;

    /// <summary>Whether the projections to the latents and the one back have biases; those by head never have. Default false.</summary>
    public bool Bias { get; init; }

    /// <summary>Probability of dropout of what the layer adds; attention weights are never dropped. Default 0.</summary>
    public double Dropout { get; init; }

    /// <summary>First values of the weights; null for those of <see cref="Linear"/>.</summary>
    public Initializer? Initializer { get; init; }

    /// <summary>First values of the projection into the stream; null for those of the others.</summary>
    public Initializer? OutputInitializer { get; init; }

    /// <summary>First values of the biases; null for those of <see cref="Linear"/>.</summary>
    public Initializer? BiasInitializer { get; init; }

    /// <summary>Name of the queries' projection where they have no latent. Default <c>q_proj</c>.</summary>
    public string QueryName { get; init; } = "q_proj";

    /// <summary>Name of the projection to the queries' latent. Default <c>q_a_proj</c>.</summary>
    public string QueryDownName { get; init; } = "q_a_proj";

    /// <summary>Name of the norm of the queries' latent. Default <c>q_a_layernorm</c>.</summary>
    public string QueryNormName { get; init; } = "q_a_layernorm";

    /// <summary>Name of the projection from the latent to the queries. Default <c>q_b_proj</c>.</summary>
    public string QueryUpName { get; init; } = "q_b_proj";

    /// <summary>Name of the projection to the latent of keys and values and to the turned key. Default <c>kv_a_proj_with_mqa</c>.</summary>
    public string KeyValueDownName { get; init; } = "kv_a_proj_with_mqa";

    /// <summary>Name of the norm of the latent of keys and values. Default <c>kv_a_layernorm</c>.</summary>
    public string KeyValueNormName { get; init; } = "kv_a_layernorm";

    /// <summary>Name of the projection from the latent to keys and values. Default <c>kv_b_proj</c>.</summary>
    public string KeyValueUpName { get; init; } = "kv_b_proj";

    /// <summary>Name of the projection back. Default <c>o_proj</c>.</summary>
    public string OutputName { get; init; } = "o_proj";

    /// <summary>Columns of a head's queries and keys, turned and not.</summary>
    public int HeadWidth => PlainWidth + RotaryWidth;

    internal void Check(string name)
    {
        Rule.Check(
            Width >= 1 && Heads >= 1 && QueryRank is null or >= 1 && KeyValueRank >= 1 && PlainWidth >= 1 && ValueWidth >= 1,
            $"[latent attention] sizes are 1 or more; '{name}' has width {Width}, {Heads} heads, ranks {QueryRank} and {KeyValueRank}, plain width {PlainWidth}, value width {ValueWidth}");
        Rule.Check(
            RotaryWidth >= 2 && RotaryWidth % 2 == 0 && (Frequencies is null || Frequencies.Width == RotaryWidth),
            $"[latent attention] an even number of columns is turned, two by each frequency; '{name}' has rotary width {RotaryWidth}, frequencies for {Frequencies?.Width ?? RotaryWidth}");
        Rule.Check(
            ScaleFactor > 0 && double.IsFinite(ScaleFactor), $"[latent attention] the logits' factor is positive; '{name}' has {ScaleFactor}");
    }
}
