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
