namespace MuonSharp.Cli.Bench;

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
