namespace MuonSharp.Cli.Bench;

/// <summary>Products that are known to be symmetric.</summary>
internal sealed class SymmetricFamily() : BenchFamily(
    "symmetric",
    "symmetric-N, symmetric-NxK",
    "A Aᵀ with A [N, K], half of the operations of a product",
    "symmetric-512",
    "symmetric-768",
    "symmetric-1024",
    "symmetric-1536",
    "symmetric-2304",
    "symmetric-768x3072")
{
    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name) => BenchName.Parse(Name, name) switch
    {
        { Sizes: [var n], Variant: "" } => context => new SymmetricCase(name, context.Team, n, n),
        { Sizes: [var n, var k], Variant: "" } => context => new SymmetricCase(name, context.Team, n, k),
        _ => null,
    };
}
