using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Layers;

/// <summary>DeepSeek-V3's latent attention as a user would compose it: layers and operations that are public, names as in the checkpoints.</summary>
internal sealed class LatentAttention : IResidualBranch
{
    private readonly LatentSizes _sizes;
    private readonly int? _window;
    private readonly Linear _queryDown;
    private readonly RmsNorm _queryNorm;
    private readonly Linear _queryUp;
    private readonly Linear _keyValueDown;
    private readonly RmsNorm _keyValueNorm;
    private readonly Linear _keyValueUp;
    private readonly Linear _output;

    public LatentAttention(ModelBuilder builder, string name, LatentSizes sizes, int? window = null)
    {
        (_sizes, _window) = (sizes, window);
        ModelBuilder scope = builder.Scope(name);
        _queryDown = new Linear(scope, "q_a_proj", sizes.Width, sizes.QueryRank, bias: false);
        _queryNorm = new RmsNorm(scope, "q_a_layernorm", sizes.QueryRank, (float)sizes.Epsilon);
        _queryUp = new Linear(scope, "q_b_proj", sizes.QueryRank, sizes.Heads * (sizes.Plain + sizes.Turned), bias: false);
        _keyValueDown = new Linear(scope, "kv_a_proj_with_mqa", sizes.Width, sizes.Rank + sizes.Turned, bias: false);
        _keyValueNorm = new RmsNorm(scope, "kv_a_layernorm", sizes.Rank, (float)sizes.Epsilon);
        _keyValueUp = new Linear(scope, "kv_b_proj", sizes.Rank, sizes.Heads * (sizes.Plain + sizes.Value), bias: false);
        _output = new Linear(scope, "o_proj", sizes.Heads * sizes.Value, sizes.Width, bias: false);
    }

    public Tensor Record(Tape tape, Tensor x, Tensor residual) => _output.Record(tape, Attend(tape, x), residual: residual);

    private Tensor Attend(Tape tape, Tensor x)
    {
        (int plain, int turned, int value, int rank) = (_sizes.Plain, _sizes.Turned, _sizes.Value, _sizes.Rank);
        var frequencies = RotaryFrequencies.Powers(turned, _sizes.Theta);
        Tensor query = _queryUp.Record(tape, _queryNorm.Record(tape, _queryDown.Record(tape, x)));
        query = tape.Rotary(query, _sizes.Heads, new HeadColumns(plain, turned, plain + turned), frequencies, RotaryPairing.Interleaved);
        Tensor down = tape.Rotary(_keyValueDown.Record(tape, x), 1, HeadColumns.SideBySide(turned, rank), frequencies, RotaryPairing.Interleaved);
        Tensor keyValue = _keyValueUp.Record(tape, _keyValueNorm.Record(tape, tape.Slice(down, 0, rank)));
        AttentionOperands operands = new()
        {
            Query = new(query, HeadColumns.SideBySide(plain + turned)),
            Key = new(keyValue, new HeadColumns(0, plain, plain + value)),
            SecondKey = new(down, new HeadColumns(rank, turned, Stride: 0)),
            Value = new(keyValue, new HeadColumns(plain, value, plain + value)),
        };
        return tape.Attention(operands, new AttentionShape { Heads = _sizes.Heads, HeadWidth = plain + turned, ValueWidth = value, Window = _window }).Output;
    }
}
