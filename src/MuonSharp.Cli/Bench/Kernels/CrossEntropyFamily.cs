namespace MuonSharp.Cli.Bench;

/// <summary>Head and loss.</summary>
internal sealed class CrossEntropyFamily() : BenchFamily(
    "cross-entropy",
    "cross-entropy-TxWxV",
    "head and loss of T tokens of width W over a vocabulary of V, with all gradients",
    "cross-entropy-768x128x65",
    "cross-entropy-2048x384x65",
    "cross-entropy-256x768x50257",
    "cross-entropy-1024x768x50257")
{
    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name) =>
        BenchName.Parse(Name, name) is { Sizes: [var tokens, var width, var vocabulary], Variant: "" }
            ? context => new CrossEntropyCase(name, context.Team, tokens, width, vocabulary)
            : null;
}
