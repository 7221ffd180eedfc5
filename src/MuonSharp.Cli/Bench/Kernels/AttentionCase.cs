using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>Causal attention, forward and backward.</summary>
internal sealed class AttentionCase : TapeCase
{
    private readonly NativeBuffer _gradient;
    private readonly Tensor _output;

    public AttentionCase(string name, WorkerTeam team, int heads, int width, int time, int batch)
        : this(name, new Tape(team, training: true), (heads, width, time, batch))
    {
    }

    private AttentionCase(string name, Tape tape, (int Heads, int Width, int Time, int Batch) size)
        : base(name, tape)
    {
        var (heads, width, time, batch) = size;
        var fused = tape.Input("fused", batch * time, 3 * heads * width, gradient: true);
        _output = tape.Attention(fused, new AttentionShape { Heads = heads, HeadWidth = width, Time = time }).Output;
        tape.Seed(_output);
        tape.Compile();
        new RandomStream(1, "fused").FillNormal(fused.Value, 0, 0);
        _gradient = Operand.Normal("gradient", batch * time, heads * width);
    }

    /// <inheritdoc/>
    public override void Prepare() => _gradient.AsSpan().CopyTo(_output.Gradient);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _gradient.Dispose();
        base.Dispose();
    }
}
