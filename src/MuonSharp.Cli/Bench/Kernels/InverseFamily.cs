namespace MuonSharp.Cli.Bench;

/// <summary>Inverses of symmetric positive definite matrices.</summary>
internal sealed class InverseFamily() : BenchFamily(
    "spd-inverse", "spd-inverse-N", "inverse of a symmetric positive definite matrix, N³ operations", "spd-inverse-256", "spd-inverse-768")
{
    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name) =>
        BenchName.Parse(Name, name) is { Sizes: [var n], Variant: "" } ? context => new InverseCase(name, context.Team, n) : null;
}
