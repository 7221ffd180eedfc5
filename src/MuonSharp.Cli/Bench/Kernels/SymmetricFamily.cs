using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>C = A Aᵀ, A [n, k]: one triangle is computed and mirrored.</summary>
internal sealed unsafe class SymmetricCase : BenchCase
{
    private readonly WorkerTeam _team;
    private readonly Matrix _a;
    private readonly Matrix _c;

    public SymmetricCase(string name, WorkerTeam team, int n, int k)
        : this(name, team, n, k, Operand.Normal("a", n, k), new NativeBuffer((long)n * n))
    {
    }

    private SymmetricCase(string name, WorkerTeam team, int n, int k, NativeBuffer a, NativeBuffer c)
        : base(name, a, c)
    {
        (_team, _a, _c) = (team, Matrix.Dense(a.Pointer, n, k), Matrix.Dense(c.Pointer, n, n));
        Flops = (double)n * n * k;
    }

    /// <inheritdoc/>
    public override double Flops { get; }

    /// <inheritdoc/>
    public override void Run() => SymmetricProduct.Multiply(_team, _a, _a.Transposed, _c);
}

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
