using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>The inverse of a well-conditioned symmetric positive definite matrix.</summary>
internal sealed unsafe class InverseCase : BenchCase
{
    private readonly WorkerTeam _team;
    private readonly NativeBuffer _original;
    private readonly NativeBuffer _matrix;
    private readonly NativeBuffer _scratch;
    private readonly int _size;

    public InverseCase(string name, WorkerTeam team, int n)
        : this(name, team, n, new NativeBuffer((long)n * n), new NativeBuffer((long)n * n), new NativeBuffer(PositiveDefiniteInverse.ScratchLength(n)))
    {
    }

    private InverseCase(string name, WorkerTeam team, int n, NativeBuffer original, NativeBuffer matrix, NativeBuffer scratch)
        : base(name, original, matrix, scratch)
    {
        (_team, _size, _original, _matrix, _scratch) = (team, n, original, matrix, scratch);
        using NativeBuffer factor = Operand.Normal("factor", n, n);
        var a = Matrix.Dense(factor.Pointer, n, n);
        SymmetricProduct.Multiply(team, a, a.Transposed, Matrix.Dense(original.Pointer, n, n), accumulate: false, alpha: 1f / n);
        for (long i = 0; i < n; i++)
        {
            original.Pointer[i * (n + 1)] += 1;
        }
    }

    /// <summary>Factor, its inverse and the inverse's square: a third of n³ each.</summary>
    public override double Flops => (double)_size * _size * _size;

    /// <inheritdoc/>
    public override void Prepare() => _original.AsSpan().CopyTo(_matrix.AsSpan());

    /// <inheritdoc/>
    public override void Run()
    {
        if (PositiveDefiniteInverse.Invert(_team, Matrix.Dense(_matrix.Pointer, _size, _size), _scratch.Pointer) >= 0)
        {
            throw new InvalidOperationException($"[{Name}] a well-conditioned matrix has an inverse");
        }
    }
}

/// <summary>Inverses of symmetric positive definite matrices.</summary>
internal sealed class InverseFamily() : BenchFamily(
    "spd-inverse", "spd-inverse-N", "inverse of a symmetric positive definite matrix, N³ operations", "spd-inverse-256", "spd-inverse-768")
{
    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name) =>
        BenchName.Parse(Name, name) is { Sizes: [var n], Variant: "" } ? context => new InverseCase(name, context.Team, n) : null;
}
