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
        (int heads, int width, int time, int batch) = size;
        Tensor fused = tape.Input("fused", new Sequences(batch, time), 3 * heads * width, gradient: true);
        _output = tape.Attention(fused, new AttentionShape { Heads = heads, HeadWidth = width }).Output;
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

/// <summary>Causal attention.</summary>
internal sealed class AttentionFamily() : BenchFamily(
    "attention",
    "attention-HxDxT[xB]",
    "H heads of D over T tokens, forward and backward, hidden pairs not counted; B sequences, without: as many as make 2048 tokens",
    "attention-4x32x64",
    "attention-6x64x256",
    "attention-6x64x1024",
    "attention-12x64x1024x1")
{
    private const int Tokens = 2048;

    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name) => BenchName.Parse(Name, name) switch
    {
        { Sizes: [var heads, var width, var time], Variant: "" } when Fits(heads, width, time, Math.Max(1, Tokens / time)) =>
            context => new AttentionCase(name, context.Team, heads, width, time, Math.Max(1, Tokens / time)),
        { Sizes: [var heads, var width, var time, var batch], Variant: "" } when Fits(heads, width, time, batch) =>
            context => new AttentionCase(name, context.Team, heads, width, time, batch),
        _ => null,
    };

    /// <summary>Queries, keys and values of all heads.</summary>
    private static bool Fits(int heads, int width, int time, int batch) => 3.0 * heads * width * time * batch <= BenchName.MostElements;
}
